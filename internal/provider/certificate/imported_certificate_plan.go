package certificate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// schedulePast is how far in the past a schedule may lie: clocks differ.
const schedulePast = 5 * time.Minute

// ModifyPlan reads the file and decides what the plan shows: which certificate
// will be imported, whether it replaces the resource, and what is known only
// after apply.
func (r *importedCertificateResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || settled(ctx, req) {
		return
	}
	p := planning{ctx: ctx, now: r.now(), files: r.files}
	if values := valuesOf(req.Plan.Raw); req.State.Raw.IsNull() && values.isNull("store_ids") && values.isNull("schedule") {
		p.createPlain(req, resp)
		return
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &p.config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &p.plan)...)
	if !req.State.Raw.IsNull() {
		p.state = &importedCertificateModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, p.state)...)
	}
	record, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	p.record, p.content = record, contentOf(&p.config)
	if p.state == nil {
		p.create()
	} else {
		p.importedNow = r.session != nil && r.session.Ledger.Imported(p.state.Thumbprint.ValueString())
		p.change()
	}
	resp.Diagnostics.Append(p.diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &p.plan)...)
	if p.replace {
		resp.RequiresReplace.Append(path.Root("thumbprint"))
	}
}

// planning is the work of one ModifyPlan.
type planning struct {
	ctx          context.Context //nolint:containedctx // lives for one call
	now          time.Time
	files        *Files
	config, plan importedCertificateModel
	state        *importedCertificateModel // nil on create
	record       record
	content      content
	importedNow  bool // state came by an import block of this plan

	replace bool
	diags   diag.Diagnostics
}

// createPlain plans a new object without stores, of which only the content
// matters.
func (p *planning) createPlain(req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	p.config = valuesOf(req.Config.Raw).contentModel()
	p.content = contentOf(&p.config)
	p.create()
	resp.Diagnostics.Append(p.diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	planned, diags := withComputed(p.ctx, req.Plan.Raw, &p.plan)
	resp.Diagnostics.Append(diags...)
	resp.Plan.Raw = planned
}

// create plans a new object.
func (p *planning) create() {
	p.plan.forgetAnswers()
	p.plan.forgetFacts()
	p.warnState()
	if p.known() {
		p.readFile()
	}
	if len(p.plan.StoreIDs.Elements()) > 0 {
		p.checkSchedule(true)
	}
}

// warnState warns of a password that is kept in state.
func (p *planning) warnState() {
	if isSet(p.config.Password) {
		p.diags.AddAttributeWarning(path.Root("password"), "Password is kept in state",
			"`password` is kept in state in clear. Use `password_wo`, which is never in plan or state.")
	}
}

// warnKey warns of a private key that gets into state with content that is known
// and therefore not read: it moved there from `certificate_wo`.
func (p *planning) warnKey() {
	if !isSet(p.config.Certificate) || p.config.Certificate.Equal(p.state.Certificate) {
		return
	}
	if p.record.BringsKey || strings.Contains(p.config.Certificate.ValueString(), "PRIVATE KEY-----") {
		p.diags.Append(keyInState())
	}
}

// known tells whether the file can be read now. A password that is not known
// yet matters only to a file that needs one.
func (p *planning) known() bool {
	if p.content.value.IsUnknown() {
		return false
	}
	if !p.content.password.IsUnknown() {
		return true
	}
	_, err := p.files.parse(p.content.value.ValueString(), nil)
	var e *certfile.Error
	if errors.As(err, &e) && (e.Kind == certfile.PasswordMissing || e.Kind == certfile.Unsupported) {
		return false
	}
	p.content.password = types.StringNull()
	return true
}

// readFile parses the file into the plan; what it cannot read stays unknown.
func (p *planning) readFile() {
	file, err := p.parse()
	if err != nil {
		p.diags.Append(p.content.readError(err)...)
		return
	}
	p.take(file)
}

func (p *planning) parse() (*facts, error) {
	return p.files.parse(p.content.value.ValueString(), p.content.password.ValueStringPointer())
}

// take puts a file's facts into the plan and reports what is odd about it.
func (p *planning) take(file *facts) {
	p.diags.Append(p.content.judge(file, p.now)...)
	p.plan.setFile(file)
}

// change plans an existing object: nothing, an update in place or a replacement.
func (p *planning) change() {
	p.plan.keepFacts(p.state)
	p.plan.keepAnswers(p.state)
	if !p.config.Password.Equal(p.state.Password) {
		p.warnState()
	}
	switch {
	case p.sameContent():
		if !p.state.HasPrivateKey.IsNull() {
			p.plan.HasPrivateKey = types.BoolValue(p.record.BringsKey)
		}
		p.warnKey()
	case !p.known():
		p.replaceUnknown()
	default:
		p.changeFile()
	}
	if p.replace || p.diags.HasError() {
		return
	}
	p.planImport()
	if p.plan.ID.IsNull() {
		p.plan.ID = types.Int64Unknown()
	}
}

// sameContent tells whether the content is the one applied last.
func (p *planning) sameContent() bool {
	return !p.content.value.IsUnknown() && p.record.Digest != "" && p.content.digest() == p.record.Digest
}

// replaceUnknown plans for a file that is known after apply only.
func (p *planning) replaceUnknown() {
	what := "The certificate file is"
	if !p.content.value.IsUnknown() {
		what = "The file has changed and its password is"
	}
	p.diags.AddAttributeWarning(p.content.valueAt, "Certificate is not known yet",
		what+" not known until apply, so the plan cannot tell whether it is the same certificate. A replacement is assumed.")
	p.plan.forgetFacts()
	p.plan.forgetAnswers()
	p.replace = true
}

// changeFile plans for a file that is not the one applied last. Where it
// replaces the object, Terraform plans the new object by itself, and what is
// odd about the file is reported there.
func (p *planning) changeFile() {
	old := p.state.Thumbprint.ValueString()
	file, err := p.parse()
	switch {
	case err != nil && !unreadableHere(err):
		p.diags.Append(p.content.readError(err)...)
	case err != nil && p.record.Digest == "":
		// After an import into state: apply asks the server which certificate
		// the file holds and refuses another one.
		p.diags.Append(p.content.readError(err)...)
		p.plan.Format, p.plan.HasPrivateKey = types.StringUnknown(), types.BoolUnknown()
	case err != nil:
		p.plan.forgetFacts()
		p.plan.forgetAnswers()
		p.replace = true
	case keyfactor.SameThumbprint(file.certificate.Thumbprint, old):
		p.take(file)
	case p.importedNow:
		p.diags.AddAttributeError(p.content.valueAt, "Conflicting certificates",
			fmt.Sprintf("The import block imports the certificate with the thumbprint %s, but the file holds %s. Import the certificate that the file holds, or give the file of the imported one.",
				old, file.certificate.Thumbprint))
	default:
		p.plan.setFile(file)
		p.plan.forgetAnswers()
		p.replace = true
	}
}

// unreadableHere tells an error about a file that may be valid all the same.
func unreadableHere(err error) bool {
	var e *certfile.Error
	return errors.As(err, &e) && e.Kind == certfile.Unsupported
}

// planImport decides whether the certificate has to be imported again: for
// stores, or because the file now brings its key.
func (p *planning) planImport() {
	need := importNeed(p.ctx, &p.plan, p.state)
	p.warnStores()
	if !need.any() {
		// Stores taken out no longer count as refused.
		p.plan.InvalidKeyStores = invalidKeyStoreList(stillConfigured(p.state.refused(), p.plan.storeIDs()))
		return
	}
	if p.sameContent() && p.known() {
		// It will be sent, so a wrong password has to show in the plan.
		p.readFile()
	}
	p.plan.forgetImport()
	if need.stores() {
		p.checkSchedule(len(need.newStores) > 0 || need.unknownStores)
	}
}

func schedulePassed() diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("schedule"), "Schedule has passed",
		"`schedule` is in the past and is left out of the request: the certificate is installed into its stores at once.")
}

// checkSchedule refuses a time in the past where a store is new in this plan.
// It is called where something is sent to stores.
func (p *planning) checkSchedule(newStores bool) {
	at := p.plan.schedule()
	if at == nil || !at.Before(p.now.Add(-schedulePast)) {
		return
	}
	if !newStores {
		p.diags.Append(schedulePassed())
		return
	}
	p.diags.AddAttributeError(path.Root("schedule"), "Invalid schedule",
		fmt.Sprintf("%s is in the past. Give a later time, or leave `schedule` out to install at once.", p.plan.Schedule.ValueString()))
}

// warnStores says what a change of stores or schedule does not do.
func (p *planning) warnStores() {
	if unknownStores(&p.plan) {
		return
	}
	gone := without(p.state.storeIDs(), p.plan.storeIDs())
	for _, refused := range p.state.refused() { // was never installed there
		gone = without(gone, []string{refused.StoreID})
	}
	if len(gone) > 0 {
		p.diags.AddAttributeWarning(path.Root("store_ids"), "Certificate stays installed",
			"The import cannot remove a certificate from a store; it stays in "+strings.Join(gone, ", ")+". Remove it in Command if it is not wanted there.")
	}
	before, after := p.state.schedule(), p.plan.schedule()
	moved := (before == nil) != (after == nil) || before != nil && after != nil && !before.Equal(*after)
	if moved && !p.plan.Schedule.IsUnknown() && !importNeed(p.ctx, &p.plan, p.state).stores() {
		p.diags.AddAttributeWarning(path.Root("schedule"), "Schedule of existing jobs is unchanged",
			"A changed `schedule` alone sends nothing: jobs that Command has made already stay as they are.")
	}
}

// need is why a certificate has to be imported again.
type need struct {
	newStores     []string // in the plan and not in state
	retries       []string // refused last time and still configured
	all           bool     // store_types changed: all stores are sent again
	unknownStores bool     // which stores there are is not known yet
	key           bool     // the file now brings its private key
}

func (n need) stores() bool {
	return len(n.newStores) > 0 || len(n.retries) > 0 || n.all || n.unknownStores
}
func (n need) any() bool { return n.stores() || n.key }

func importNeed(_ context.Context, plan, state *importedCertificateModel) need {
	var n need
	n.key = plan.HasPrivateKey.ValueBool() && !state.HasPrivateKey.ValueBool()
	n.unknownStores = unknownStores(plan)
	ids := plan.storeIDs()
	n.newStores = without(ids, state.storeIDs())
	n.all = len(ids) > 0 && !sameStoreTypes(plan.StoreTypes, state.StoreTypes)
	for _, s := range stillConfigured(state.refused(), ids) {
		if guid.MatchString(s.StoreID) {
			n.retries = append(n.retries, s.StoreID)
		} else {
			n.all = true // which one refused cannot be told
		}
	}
	return n
}

func unknownStores(plan *importedCertificateModel) bool {
	return plan.StoreIDs.IsUnknown() || slices.ContainsFunc(plan.StoreIDs.Elements(), isUnknown)
}

// stillConfigured are the refused stores that ids still names, and those that
// the server did not name by a GUID while there are any.
func stillConfigured(refused []keyfactor.InvalidKeyStore, ids []string) []keyfactor.InvalidKeyStore {
	var out []keyfactor.InvalidKeyStore
	for _, s := range refused {
		if containsFold(ids, s.StoreID) || len(ids) > 0 && !guid.MatchString(s.StoreID) {
			out = append(out, s)
		}
	}
	return out
}

// without are the values of all that others does not name, case aside.
func without(all, others []string) []string {
	var out []string
	for _, v := range all {
		if !containsFold(others, v) {
			out = append(out, v)
		}
	}
	return out
}

func containsFold(values []string, value string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, value) })
}
