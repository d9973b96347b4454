// Command certinfo prints what the provider reads in a certificate file: thumbprint, facts, and which other
// certificates are with it.
//
//	go run ./internal/cmd/certinfo FILE
//
// The password of a PKCS#12 file is taken from CERT_PASSWORD (set but empty is the empty password), else asked for on the
// terminal when the file needs one; never from the command line, where every user of the machine could read it.
// The exit status is 1 when the file cannot be read, with the reason on standard error.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(arguments []string, out, errors io.Writer) int {
	if len(arguments) != 1 || strings.HasPrefix(arguments[0], "-") {
		fmt.Fprintln(errors, "usage: certinfo FILE (the password of a PKCS#12 file in CERT_PASSWORD, or asked for)")
		return 2
	}
	file, err := read(arguments[0])
	if err != nil {
		fmt.Fprintln(errors, "certinfo:", err)
		return 1
	}
	report(out, file)
	return 0
}

// largest is more than certfile takes, so that a larger file is refused by its rule and not read to the end here.
const largest = 16 << 20

func read(path string) (*certfile.File, error) {
	handle, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	data, err := io.ReadAll(io.LimitReader(handle, largest))
	if err != nil {
		return nil, err
	}
	var password *string
	if value, set := os.LookupEnv("CERT_PASSWORD"); set {
		password = &value
	}
	file, err := certfile.ParseBytes(data, password)
	var fault *certfile.Error
	if !errors.As(err, &fault) || fault.Kind != certfile.PasswordMissing || !term.IsTerminal(int(os.Stdin.Fd())) {
		return file, err
	}
	fmt.Fprint(os.Stderr, "Password: ")
	typed, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return nil, err
	}
	value := string(typed)
	return certfile.ParseBytes(data, &value)
}

func report(out io.Writer, f *certfile.File) {
	leaf := f.Leaf
	line := func(name, value string) { fmt.Fprintf(out, "%-18s %s\n", name, value) }
	line("thumbprint", leaf.Thumbprint)
	line("thumbprint_sha256", leaf.ThumbprintSHA256)
	line("format", string(f.Format))
	line("subject", text(leaf.Subject))
	line("issuer", text(leaf.Issuer))
	line("serial_number", text(leaf.SerialNumber))
	line("dns_names", names(leaf.DNSNames))
	line("not_before", date(leaf.NotBefore))
	line("not_after", date(leaf.NotAfter))
	line("key_algorithm", text(leaf.KeyAlgorithm))
	line("has_private_key", fmt.Sprint(f.HasPrivateKey))
	line("is_ca", flag(leaf.IsCA))
	for _, c := range f.Chain {
		line("chain", c.Thumbprint+" "+text(c.Subject))
	}
	for _, c := range f.OtherEndEntities {
		line("also", c.Thumbprint+" could have been meant as well")
	}
	if f.CAFirst {
		line("note", "the first certificate is a CA and issued another one of the file")
	}
}

const unreadable = "(cannot be read)"

func text(value *string) string {
	if value == nil {
		return unreadable
	}
	return *value
}

func names(values []string) string {
	if values == nil {
		return unreadable
	}
	return strings.Join(values, ", ")
}

func date(value *time.Time) string {
	if value == nil {
		return unreadable
	}
	return value.Format(time.RFC3339)
}

func flag(value *bool) string {
	if value == nil {
		return unreadable
	}
	return fmt.Sprint(*value)
}
