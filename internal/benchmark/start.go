package main

import (
	"context"
	"errors"
	"fmt"
	"net/rpc"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// handshake is what Terraform and its providers agree on; see
// https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
var handshake = plugin.HandshakeConfig{
	ProtocolVersion:  6,
	MagicCookieKey:   "TF_PLUGIN_MAGIC_COOKIE",
	MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
}

// start starts a provider as Terraform does, asks it for its schema and ends
// it. It returns what that cost and the schema's encoding.
func start(ctx context.Context, binary string) (cost measure, schema []byte, err error) {
	command := exec.CommandContext(ctx, binary)
	client := plugin.NewClient(&plugin.ClientConfig{
		Cmd: command, HandshakeConfig: handshake, AutoMTLS: true, Logger: hclog.NewNullLogger(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		VersionedPlugins: map[int]plugin.PluginSet{6: {"provider": rawPlugin{}}},
	})
	defer client.Kill()
	begun := time.Now()
	protocol, err := client.Client()
	if err != nil {
		return measure{}, nil, fmt.Errorf("start %s: %w", binary, err)
	}
	connection, err := protocol.Dispense("provider")
	if err != nil {
		return measure{}, nil, err
	}
	err = connection.(*grpc.ClientConn).Invoke(ctx, "/tfplugin6.Provider/GetProviderSchema", []byte{}, &schema,
		grpc.ForceCodec(rawCodec{}), grpc.MaxCallRecvMsgSize(64<<20))
	if err != nil {
		return measure{}, nil, fmt.Errorf("ask %s for its schema: %w", binary, err)
	}
	cost.wall = time.Since(begun)
	cost.providerMemory = highWater(command.Process.Pid) // the rusage of a child begins with its parent's peak
	client.Kill()                                        // waits for the end of the process
	if command.ProcessState == nil {
		return measure{}, nil, fmt.Errorf("%s did not end", binary)
	}
	cost.providerCPU = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	cost.cpu = cost.providerCPU
	return cost, schema, nil
}

// rawPlugin hands out the connection itself: the messages' types are internal
// to HashiCorp's modules, and nothing in them is looked at here.
type rawPlugin struct{}

func (rawPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return c, nil
}

func (rawPlugin) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this is the client's side")
}

func (rawPlugin) Server(*plugin.MuxBroker) (any, error) {
	return nil, errors.New("this is the client's side")
}

func (rawPlugin) Client(*plugin.MuxBroker, *rpc.Client) (any, error) {
	return nil, errors.New("only gRPC is spoken")
}

// rawCodec sends and receives messages as they are encoded.
type rawCodec struct{}

func (rawCodec) Marshal(v any) ([]byte, error) { return v.([]byte), nil }

func (rawCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func (rawCodec) Name() string { return "proto" }
