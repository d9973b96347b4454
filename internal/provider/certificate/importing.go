package certificate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// An import changes things on a server and, where stores are involved, starts
// jobs on others. When its answer is lost, nobody knows whether it was done.
// Importing the same certificate again is documented as a success, so the
// transport repeats an import without stores by itself. One with stores is
// looked up first:
//
//	absent now                      not done: repeated
//	absent before, present now      done; what the stores said is lost
//	present before                  cannot be told: not repeated, its stores count as refused
//	no look-up, or in a collection  cannot be told: an error, with state
//
// The lost answer of an import without stores, after all repetitions, is
// settled in the same way, and so is any failure after it: a repetition that is
// refused (401, 403, 429) says nothing about the first import.

// outcome is how an import ended.
type outcome struct {
	result *keyfactor.ImportResult // never nil when err is nil
	row    *keyfactor.Certificate  // as seen after a lost answer, else nil

	// unanswered: the answer was lost, and result is what a look-up concludes.
	unanswered bool
	// unsettled: err is set, and the import may have been carried out; lookUp is
	// why that could not be found out, nil where the look-up proves nothing.
	unsettled   bool
	err, lookUp error
}

// noAnswer is the explanation of stores whose import was not answered.
const noAnswer = "no answer received"

// importer sends imports of one certificate.
type importer struct {
	client             *keyfactor.Client
	sha1, sha256       string
	collectionID       int64
	presentBefore      bool
	maxRetries         int
	firstWait, maxWait time.Duration
}

// send imports, and finds out what became of it when the answer is lost.
func (i importer) send(ctx context.Context, request keyfactor.ImportRequest) outcome {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = i.firstWait, i.maxWait
	watched, doubt := transport.WatchDoubt(ctx)
	settling, cancel := outlasting(ctx, settleTime)
	defer cancel()
	for attempt := 0; ; attempt++ {
		result, err := i.client.Import(watched, request)
		if err == nil {
			return outcome{result: result}
		}
		lost := answerLost(err)
		if !lost && !doubt.Load() {
			return outcome{err: err}
		}
		doubt.Store(true)
		if i.presentBefore {
			return i.presentAnyway(request, err)
		}
		// The connection is gone at once; the server may still be at work. So the
		// wait comes before the look, and what is absent then is repeated at once.
		if sleepErr := sleep(settling, wait.NextBackOff()); sleepErr != nil {
			return outcome{err: err, lookUp: sleepErr, unsettled: true}
		}
		row, lookErr := i.client.FindByThumbprint(settling, i.sha1, i.sha256, i.collectionID)
		switch {
		case lookErr != nil:
			return outcome{err: err, lookUp: lookErr, unsettled: true}
		case row != nil:
			return outcome{result: &keyfactor.ImportResult{}, row: row, unanswered: true}
		case i.collectionID != 0, ctx.Err() != nil:
			// The caller may just not see it there, or the server not be done yet.
			return outcome{err: err, unsettled: true}
		case !lost || attempt >= i.maxRetries || len(request.StoreIDs) == 0:
			return outcome{err: err}
		}
	}
}

// settleTime is how long it may take to find out what became of an import after
// the operation was interrupted or its time-out has ended. Terraform waits for
// an interrupted provider.
const settleTime = 5 * time.Second

// outlasting returns a context that ends a while after ctx does.
func outlasting(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return own, func() { stop(); cancel() }
}

// presentAnyway concludes for a certificate that was there before: its presence
// proves nothing.
func (i importer) presentAnyway(request keyfactor.ImportRequest, err error) outcome {
	if len(request.StoreIDs) == 0 {
		return outcome{err: err, unsettled: true}
	}
	result := &keyfactor.ImportResult{}
	for _, id := range request.StoreIDs {
		result.InvalidKeyStores = append(result.InvalidKeyStores, keyfactor.InvalidKeyStore{StoreID: id, Explanation: noAnswer})
	}
	return outcome{result: result, unanswered: true}
}

// answerLost tells whether a request may have been carried out although it
// failed: no answer, a proxy's or server's 5xx, or a success that is not
// Command's.
func answerLost(err error) bool {
	var broken *transport.Error
	if errors.As(err, &broken) {
		return broken.MayHaveBeenCarriedOut
	}
	status := keyfactor.StatusOf(err)
	return status >= 500 || status >= http.StatusOK && status < http.StatusMultipleChoices
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
