package serve

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// reading is a provider of one resource, whose Read calls itself.
type reading func(ctx context.Context)

func (reading) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "test"
}
func (reading) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (reading) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (reading) DataSources(context.Context) []func() datasource.DataSource                        { return nil }
func (r reading) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return readingResource{r} }}
}

type readingResource struct{ read reading }

func (readingResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "test_thing"
}

func (readingResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{"name": schema.StringAttribute{Required: true}}}
}
func (r readingResource) Read(ctx context.Context, _ resource.ReadRequest, _ *resource.ReadResponse) {
	r.read(ctx)
}
func (readingResource) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (readingResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (readingResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

func readRequest(t *testing.T) *tfprotov6.ReadResourceRequest {
	t.Helper()
	object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"name": tftypes.String}}
	state, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, map[string]tftypes.Value{"name": tftypes.NewValue(tftypes.String, "a")}))
	if err != nil {
		t.Fatal(err)
	}
	return &tfprotov6.ReadResourceRequest{TypeName: "test_thing", CurrentState: &state}
}

type loggers [100]string

// kept makes calls, each with loggers of its own, and counts those that are
// still there when all calls have ended.
func kept(t *testing.T, s tfprotov6.ProviderServer, calls int) (n int) {
	t.Helper()
	type key struct{}
	request := readRequest(t)
	var all []weak.Pointer[loggers]
	for range calls {
		mine := &loggers{}
		all = append(all, weak.Make(mine))
		ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, mine))
		if _, err := s.ReadResource(ctx, request); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	runtime.GC()
	runtime.GC()
	for _, one := range all {
		if one.Value() != nil {
			n++
		}
	}
	runtime.KeepAlive(s)
	return n
}

func TestProtocol6_EndedCallsAreForgotten(t *testing.T) {
	const calls = 100
	p := reading(func(context.Context) {})
	// The last one may still lie on a stack.
	if n := kept(t, Protocol6(p), calls); n > 1 {
		t.Errorf("the contexts of %d of %d calls are still there", n, calls)
	}
	if n := kept(t, providerserver.NewProtocol6(p)(), calls); n <= 1 {
		t.Logf("the framework itself keeps %d of %d: letting go of them is no longer needed", n, calls)
	}
}

func TestProtocol6_CallHasItsContextUntilItEnds(t *testing.T) {
	type key struct{}
	deadline := time.Now().Add(time.Hour)
	var during, after context.Context
	s := Protocol6(reading(func(ctx context.Context) {
		got, ok := ctx.Deadline()
		if ctx.Err() != nil || ctx.Value(key{}) != "mine" || !ok || !got.Equal(deadline) {
			t.Errorf("in the call: %v, %v, %v", ctx.Err(), ctx.Value(key{}), got)
		}
		var cancel context.CancelFunc
		during = ctx
		after, cancel = context.WithCancel(ctx)
		defer cancel()
	}))
	ctx, cancel := context.WithDeadline(context.WithValue(t.Context(), key{}, "mine"), deadline)
	if _, err := s.ReadResource(ctx, readRequest(t)); err != nil || during == nil {
		t.Fatalf("%v, read %t", err, during != nil)
	}
	cancel()
	for name, ctx := range map[string]context.Context{"call": during, "derived": after} {
		if ctx.Err() == nil || ctx.Value(key{}) != nil {
			t.Errorf("%s, after the call: %v, %v", name, ctx.Err(), ctx.Value(key{}))
		}
		select {
		case <-ctx.Done():
		default:
			t.Errorf("%s is not done after the call", name)
		}
	}
}

// Terraform asks the provider to stop at Ctrl-C, and ends a call's context when
// it is killed.
func TestProtocol6_CallUnderWayIsCancelled(t *testing.T) {
	for name, end := range map[string]func(s tfprotov6.ProviderServer, cancel func()) error{
		"stop": func(s tfprotov6.ProviderServer, _ func()) error {
			_, err := s.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{})
			return err
		},
		"the call's own context": func(_ tfprotov6.ProviderServer, cancel func()) error {
			cancel()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			begun := make(chan struct{})
			cause := make(chan error, 1)
			s := Protocol6(reading(func(ctx context.Context) {
				close(begun)
				<-ctx.Done()
				cause <- ctx.Err()
			}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := s.ReadResource(ctx, readRequest(t))
				ended <- err
			}()
			<-begun
			if err := end(s, cancel); err != nil {
				t.Fatal(err)
			}
			if err := <-cause; !errors.Is(err, context.Canceled) {
				t.Errorf("the call ended with %v", err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
