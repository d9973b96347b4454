package certificate

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// Terraform waits for an interrupted provider: what became of the import is found out all the same.
func TestSend_InterruptedWhileTheImportIsUnderWay(t *testing.T) {
	thumbprint := strings.Repeat("AB", 20)
	for name, present := range map[string]bool{"done": true, "not seen": false} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			rows := "[]"
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					if present {
						rows = fmt.Sprintf(`[{"Id":7,"Thumbprint":%q}]`, thumbprint)
					}
					_, _ = io.Copy(io.Discard, r.Body) // only then is the end of the connection noticed
					interrupt()
					<-r.Context().Done()
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = fmt.Fprint(w, rows)
			}))
			t.Cleanup(server.Close)
			tr := transport.New(transport.Options{})
			t.Cleanup(tr.CloseIdleConnections)
			i := importer{
				client: keyfactor.New(tr.Client(nil), server.URL+"/KeyfactorAPI"), sha1: thumbprint, maxRetries: 3,
				firstWait: time.Millisecond, maxWait: time.Millisecond,
			}
			got := i.send(ctx, keyfactor.ImportRequest{Content: []byte("x"), StoreIDs: []string{"s"}})
			if present && (got.err != nil || got.row == nil || got.row.ID != 7 || !got.unanswered) {
				t.Errorf("done: %+v", got)
			}
			if !present && (got.err == nil || !got.unsettled || got.lookUp != nil) {
				t.Errorf("not seen: %+v", got)
			}
		})
	}
}
