package provider_test

import (
	"bytes"
	"context"
	"errors"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// TestQuiet_AnyLogSettingBringsTheFrameworksLinesBack starts the built provider
// as Terraform does, asks for its schema and looks at what it logged. The
// framework logs whether anybody listens or not, unless main turns it off.
func TestQuiet_AnyLogSettingBringsTheFrameworksLinesBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		setting string
		lines   bool
	}{
		{"", false},
		{"TF_LOG=", false}, // as good as not set
		{"TF_LOG_SDK=OFF", false},
		{"TF_LOG=TRACE", true},
		{"TF_LOG=JSON", true},
		{"TF_LOG_PROVIDER=TRACE", true},
		{"TF_LOG_PROVIDER_KEYFACTOR=DEBUG", true},
		{"TF_LOG_SDK=TRACE", true},
		{"TF_LOG_SDK_PROTO=TRACE", true},
		{"TF_LOG_SDK_FRAMEWORK=TRACE", true},
		{"TF_LOG_CORE=TRACE", false}, // of Terraform itself
	} {
		log := logOfSchema(t, c.setting)
		if got := strings.Contains(log, `"@module":"sdk.`); got != c.lines {
			t.Errorf("with %q the framework logged: %t, want %t; all that was logged:\n%s", c.setting, got, c.lines, log)
		}
	}
}

// logOfSchema is what the provider writes to standard error while it is asked
// for its schema.
func logOfSchema(t *testing.T, setting string) string {
	t.Helper()
	folder, err := built()
	if err != nil {
		t.Fatal(err)
	}
	name := "terraform-provider-keyfactor"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	command := exec.CommandContext(t.Context(), filepath.Join(folder, name))
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "TF_") {
			command.Env = append(command.Env, entry)
		}
	}
	if setting != "" {
		command.Env = append(command.Env, setting)
	}
	var log lockedBuffer
	client := plugin.NewClient(&plugin.ClientConfig{
		Cmd: command, SkipHostEnv: true, Stderr: &log, Logger: hclog.NewNullLogger(), AutoMTLS: true,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey: "TF_PLUGIN_MAGIC_COOKIE", MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{6: {"provider": connecting{}}},
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		t.Fatalf("starting the provider: %v\n%s", err, log.String())
	}
	connection, err := protocol.Dispense("provider")
	if err != nil {
		t.Fatal(err)
	}
	var schema []byte
	err = connection.(*grpc.ClientConn).Invoke(t.Context(), "/tfplugin6.Provider/GetProviderSchema", []byte{}, &schema, grpc.ForceCodec(plain{}))
	if err != nil || !bytes.Contains(schema, []byte("keyfactor_imported_certificate")) {
		t.Fatalf("asking for the schema: %d bytes, %v", len(schema), err)
	}
	client.Kill() // waits until all is read
	return log.String()
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// connecting hands out the connection, for messages whose types are internal
// to HashiCorp's modules.
type connecting struct{}

var errNotServed = errors.New("this is the client's side, over gRPC")

func (connecting) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return c, nil
}
func (connecting) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error  { return errNotServed }
func (connecting) Server(*plugin.MuxBroker) (any, error)              { return nil, errNotServed }
func (connecting) Client(*plugin.MuxBroker, *rpc.Client) (any, error) { return nil, errNotServed }

// plain sends and receives messages as they are encoded.
type plain struct{}

func (plain) Name() string                       { return "proto" }
func (plain) Marshal(v any) ([]byte, error)      { return v.([]byte), nil }
func (plain) Unmarshal(data []byte, v any) error { *v.(*[]byte) = bytes.Clone(data); return nil }
