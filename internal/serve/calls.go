package serve

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// The framework keeps a function to cancel each call, for the case that
// Terraform says stop, and never lets go of one: with it stays the call's whole
// context, ten kilobytes of loggers. A plan over 5,000 resources ends with
// hundreds of megabytes, which the garbage collector reads again and again: a
// third of the provider's time (terraform-plugin-framework 1.19,
// internal/proto6server/serve.go). So the framework gets a context that lets go
// of the call's own when the call has ended.

// server is a protocol server that forgets the calls that come by the thousand
// when they have ended. The others are handed on as they are.
type server struct{ tfprotov6.ProviderServer }

// during makes one call.
func during[Q, A any](ctx context.Context, method func(context.Context, Q) (A, error), request Q) (A, error) {
	c := &call{}
	c.ctx.Store(&ctx)
	defer c.ctx.Store(&over)
	return method(c, request)
}

// call is a call's context while it lasts, and over after it.
type call struct {
	ctx atomic.Pointer[context.Context]
}

// over is the context of all calls that have ended.
var over = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (c *call) Deadline() (time.Time, bool) { return (*c.ctx.Load()).Deadline() }
func (c *call) Done() <-chan struct{}       { return (*c.ctx.Load()).Done() }
func (c *call) Err() error                  { return (*c.ctx.Load()).Err() }
func (c *call) Value(key any) any           { return (*c.ctx.Load()).Value(key) }

func (s *server) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return during(ctx, s.ProviderServer.ValidateResourceConfig, r)
}

func (s *server) UpgradeResourceState(ctx context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return during(ctx, s.ProviderServer.UpgradeResourceState, r)
}

func (s *server) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return during(ctx, s.ProviderServer.ReadResource, r)
}

func (s *server) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return during(ctx, s.ProviderServer.PlanResourceChange, r)
}

func (s *server) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return during(ctx, s.ProviderServer.ApplyResourceChange, r)
}

func (s *server) UpgradeResourceIdentity(ctx context.Context, r *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return during(ctx, s.ProviderServer.UpgradeResourceIdentity, r)
}

func (s *server) ValidateDataResourceConfig(ctx context.Context, r *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return during(ctx, s.ProviderServer.ValidateDataResourceConfig, r)
}

func (s *server) ReadDataSource(ctx context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return during(ctx, s.ProviderServer.ReadDataSource, r)
}

func (s *server) CallFunction(ctx context.Context, r *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return during(ctx, s.ProviderServer.CallFunction, r)
}
