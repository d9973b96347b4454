package settings

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// arrangements is how many random worlds each property is tried on, always the same ones.
const arrangements = 2000

// arrange makes up a world: any of the settings in any of the sources, some of them broken, none that could not occur.
// Whatever is secret holds the word MARKER.
func arrange(n uint64) world {
	random := rand.New(rand.NewPCG(n, 17))
	chance := func(percent int) bool { return random.IntN(100) < percent }
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	or := func(good string, broken ...string) string { // mostly good
		if chance(93) {
			return good
		}
		return pick(broken...)
	}
	w := world{config: map[string]string{}, vars: map[string]string{}, files: map[string]string{}}
	value := func(row Row, place string) string {
		switch {
		case row.Path == "venafi_certificate.pkcs12":
			return or("MAMCAQM=", "MARKER!", "")
		case row.Secret:
			return or("MARKER-"+place+"-"+row.Path, "MARKER MARKER", "MARKER:MARKER", "")
		case row.Path == "endpoint" || strings.HasSuffix(row.Path, "url"):
			return or("https://"+place+".example/x", "https://user:MARKER@"+place+".example", "http://"+place+".example?MARKER", "")
		case row.Path == "basic.username":
			return or(pick(place+"-user", `D\`+place, place+"@d"), place+":MARKER")
		case row.Path == "skip_tls_verify" || strings.HasSuffix(row.Path, "revoke_on_exit"):
			return pick("true", "false")
		case row.Path == "request_timeout" || row.Path == "max_retries":
			return or("3", "x")
		case row.Path == "ca_certificate":
			return or("", "/nowhere/MARKER", "-----BEGIN PRIVATE KEY-----\nMARKER")
		case strings.HasSuffix(row.Path, "grant_type"):
			return or("client_credentials", "password", "MARKER")
		case strings.HasSuffix(row.Path, "client_authentication"):
			return or("header", "MARKER")
		case row.Path == "mode":
			return or(pick("basic", "oauth", "access_token", "venafi_certificate"), "MARKER")
		case row.Path == "allowed_hosts":
			return or("config.example,env.example,file.example", "https://user:MARKER@x")
		default:
			return or(place+"-value", place+"-other", "")
		}
	}

	written, common := Modes()[random.IntN(4)], Modes()[random.IntN(4)] // in the configuration, in the environment
	skip := pick("pkcs12", "_pem")                                      // one form of the client certificate, mostly
	for _, row := range table {
		if strings.Contains(row.Path, skip) && chance(97) || slices.Contains([]string{"oauth.username", "oauth.password"}, row.Path) && chance(90) {
			continue
		}
		rare := row.Mode == "" && row.Path != "endpoint"
		inConfig := chance(80) && row.Mode == written && n%3 > 0 || row.Mode == "" && chance(40) || chance(1)
		if inConfig && !row.EnvironmentOnly && row.Path != "config_file" && (!rare || chance(30)) {
			w.config[row.Path] = value(row, "config")
		}
		for _, name := range row.Env {
			if (chance(4) || !rare && chance(30) || row.Mode == common && chance(80)) && row.Path != "config_file" {
				w.vars[name] = value(row, "env")
			}
		}
	}
	for _, name := range kerberosVariables {
		if chance(3) {
			w.vars[name] = "MARKER-" + name
		}
	}
	if chance(50) {
		w.files[pick(defaultPath, "/named")] = fileText(random, value)
		switch pick("config", "env", "profile", "") {
		case "config":
			w.config["config_file"] = "/named"
		case "env":
			w.vars["KEYFACTOR_AUTH_CONFIG_FILE"] = "/named"
		case "profile":
			w.config["profile"] = "default"
		}
	}
	return w
}

func fileText(random *rand.Rand, value func(Row, string) string) string {
	entries := map[string]string{}
	for _, row := range table {
		for _, key := range row.FileKeys {
			if random.IntN(100) < 50 && key != "port" && key != "api_path" {
				entries[key] = value(row, "file")
			}
		}
	}
	text, _ := json.Marshal(map[string]any{"servers": map[string]any{"default": entries}})
	if random.IntN(20) == 0 {
		return string(text[:len(text)/2]) + "MARKER"
	}
	return string(text)
}

// each tries a property on all arrangements; a failure names the arrangement.
func each(t *testing.T, property func(w world, r Result) string) {
	t.Helper()
	for n := range uint64(arrangements) {
		w := arrange(n)
		if wrong := property(w, w.resolve()); wrong != "" {
			t.Fatalf("arrangement %d: %s\nconfiguration %q\nenvironment %q\nfiles %q", n, wrong, w.config, w.vars, w.files)
		}
	}
}

func errorsOf(r Result) []Problem {
	return slices.DeleteFunc(slices.Clone(r.Problems), func(p Problem) bool { return p.Kind == Warning })
}

func TestProperty_ArrangementsReachEverything(t *testing.T) {
	reached := map[string]int{}
	each(t, func(_ world, r Result) string {
		for _, p := range r.Problems {
			reached[p.Kind.String()+" "+strings.Fields(p.Summary)[0]]++
		}
		if len(errorsOf(r)) == 0 {
			reached["mode "+string(r.Settings.Mode)]++
			for _, source := range r.Settings.Sources {
				reached["from "+source.Kind.String()]++
			}
		}
		return ""
	})
	for _, key := range []string{
		"mode basic", "mode oauth", "mode access_token", "mode venafi_certificate", "from configuration", "from environment", "from file",
		"invalid Invalid", "conflicting Conflicting", "missing Missing", "missing Invalid", "missing Conflicting", "warning TLS", "warning Configuration",
	} {
		if reached[key] < 5 {
			t.Errorf("%s: only %d of %d", key, reached[key], arrangements)
		}
	}
	t.Log(reached)
}

func TestProperty_NoSecretInWhatIsShown(t *testing.T) {
	each(t, func(_ world, r Result) string {
		for _, text := range []string{fmt.Sprintf("%+v", r.Problems), fmt.Sprintf("%+v %s %v", r.Settings.Sources, r.Settings.Origin, r.Unknown), fmt.Sprintf("%+v", r)} {
			if i := strings.Index(text, "MARKER"); i >= 0 {
				return "shown: " + text[max(0, i-60):min(len(text), i+60)]
			}
		}
		return ""
	})
}

func TestProperty_EverySecretInUseIsKnownToTheRedactor(t *testing.T) {
	each(t, func(_ world, r Result) string {
		s := r.Settings
		for _, used := range []string{s.Basic.Password.Reveal(), s.OAuth.ClientSecret.Reveal(), s.OAuth.Password.Reveal(), s.AccessToken.Reveal(), s.Venafi.PKCS12Password.Reveal(), s.Venafi.PrivateKeyPEM.Reveal()} {
			if used != "" && !slices.Contains(r.Secrets(), secret.String(used)) {
				return used + " is not among the secrets"
			}
		}
		return ""
	})
}

func TestProperty_ConfigurationWins(t *testing.T) {
	each(t, func(w world, r Result) string {
		for path := range w.config {
			source, ok := r.Settings.Sources[path]
			if ok && source != (Source{Configuration, path}) {
				return path + " comes from " + source.Name
			}
		}
		for _, mode := range Modes() {
			if r.Settings.Mode != "" && r.Settings.Mode != mode && w.input().Blocks[string(mode)] == Known {
				return "the mode is not the one that is written"
			}
		}
		return ""
	})
}

func TestProperty_WrittenFileNeverMixesWithTheEnvironment(t *testing.T) {
	each(t, func(w world, r Result) string {
		_, file := w.config["config_file"]
		_, profile := w.config["profile"]
		if !file && !profile {
			return ""
		}
		for path, source := range r.Settings.Sources {
			if source.Kind == FromEnvironment && !slices.Contains([]string{"config_file", "profile", "max_retries", "allowed_hosts", "mode"}, path) {
				return path + " comes from " + source.Name
			}
		}
		return ""
	})
}

func TestProperty_FileCredentialsGoToTheFilesHost(t *testing.T) {
	each(t, func(w world, r Result) string {
		var fromFile bool
		for _, row := range table {
			fromFile = fromFile || row.Mode != "" && r.Settings.Sources[row.Path].Kind == File
		}
		if !fromFile || r.Settings.Endpoint == "" {
			return ""
		}
		u, err := url.Parse(r.Settings.Endpoint)
		_, written := w.config["endpoint"]
		if err != nil || u.Host != "file.example" && !written {
			return "credentials of the file for " + r.Settings.Endpoint
		}
		if written && u.Host != "file.example" && strings.Contains(fmt.Sprint(w.files), `"host":"https`) {
			return "credentials of the file for " + r.Settings.Endpoint + ", though it has a host"
		}
		return ""
	})
}

func TestProperty_FileIsNotReadWhereTheEndpointIsNamed(t *testing.T) {
	each(t, func(w world, r Result) string {
		_, file := w.config["config_file"]
		_, profile := w.config["profile"]
		_, endpoint := w.config["endpoint"]
		if file || profile || !endpoint && w.vars["KEYFACTOR_ENDPOINT"]+w.vars["KEYFACTOR_HOSTNAME"] == "" {
			return ""
		}
		for path, source := range r.Settings.Sources {
			if source.Kind == File {
				return path + " comes from " + source.Name
			}
		}
		return ""
	})
}

func TestProperty_NoErrorMeansComplete(t *testing.T) {
	each(t, func(_ world, r Result) string {
		s := r.Settings
		if len(errorsOf(r)) > 0 {
			return ""
		}
		complete := map[Mode]bool{
			ModeBasic:       s.Basic.Username != "" && s.Basic.Password != "",
			ModeOAuth:       s.OAuth.TokenURL != "" && s.OAuth.ClientID != "" && s.OAuth.ClientSecret != "" && (s.OAuth.GrantType != "password" || s.OAuth.Username != "" && s.OAuth.Password != ""),
			ModeAccessToken: s.AccessToken != "",
			ModeVenafi:      s.Venafi.URL != "" && s.Venafi.ClientID != "" && s.Venafi.Scope != "" && (s.Venafi.PKCS12 != nil) != (s.Venafi.CertificatePEM != "" && s.Venafi.PrivateKeyPEM != ""),
		}[s.Mode]
		if !complete || s.Endpoint == "" || s.RequestTimeout <= 0 || s.Origin == "" || s.Sources["mode"].Name == "" {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

func TestProperty_TheEnvironmentAloneIsNeverAnErrorOfTheProviderBlock(t *testing.T) {
	each(t, func(w world, _ Result) string {
		w.config = nil
		for _, p := range w.resolve().Problems {
			if p.Kind == Invalid || p.Kind == Conflicting {
				return lines([]Problem{p})
			}
		}
		return ""
	})
}

func TestProperty_NotKnownYetIsNeverAnErrorOfTheProviderBlock(t *testing.T) {
	blocks := []string{"basic", "oauth", "venafi_certificate"}
	each(t, func(w world, before Result) string {
		for _, path := range slices.Concat(blocks, pathsOfTable()) {
			block, _, _ := strings.Cut(path, ".")
			_, written := w.config[path]
			known := w.input().Blocks[block] == Known
			if written || path == block && known || path != block && slices.Contains(blocks, block) && !known {
				continue
			}
			more := w
			more.unknown = []string{path}
			for _, p := range more.resolve().Problems {
				same := func(q Problem) bool { return p.Path == q.Path && (q.Kind == Invalid || q.Kind == Conflicting) }
				if (p.Kind == Invalid || p.Kind == Conflicting) && !slices.ContainsFunc(before.Problems, same) {
					return path + " not known: " + lines([]Problem{p})
				}
			}
		}
		return ""
	})
}

func pathsOfTable() []string {
	var paths []string
	for _, row := range table {
		if !row.EnvironmentOnly {
			paths = append(paths, row.Path)
		}
	}
	return paths
}

func TestProperty_SameQuestionSameAnswer(t *testing.T) {
	each(t, func(w world, r Result) string {
		if !reflect.DeepEqual(r, w.resolve()) {
			return "two answers"
		}
		return ""
	})
}

func TestProperty_VenafiVariablesCountForThatModeOnly(t *testing.T) {
	each(t, func(w world, r Result) string {
		if r.Settings.Mode == ModeVenafi {
			return ""
		}
		without := w
		without.vars = map[string]string{}
		for name, value := range w.vars {
			if !strings.HasPrefix(name, "VENAFI_") {
				without.vars[name] = value
			}
		}
		for i, p := range r.Problems { // what is said aside about them is no difference
			if at := strings.Index(p.Detail, " VENAFI_"); at >= 0 && p.Summary == "Missing authentication mode" {
				_, rest, _ := strings.Cut(p.Detail[at:], "or a block venafi_certificate.")
				r.Problems[i].Detail = p.Detail[:at] + rest
			}
		}
		if !reflect.DeepEqual(r, without.resolve()) {
			return "the VENAFI_ variables change the result"
		}
		return ""
	})
}
