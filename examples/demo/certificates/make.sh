#!/bin/sh
# Makes the certificate files of this folder anew, with OpenSSL 3 and nothing else.
# Usage: sh make.sh [FOLDER]   (default: the folder of this script)
#
# Every file gets a new key, so every thumbprint changes; thumbprints.txt is
# written by OpenSSL as well, and the demo compares what Terraform plans with it.
# The validity is fixed, so that the files of today and of next year look alike.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"

# The passwords of the two PKCS#12 files. They protect nothing.
payments_password='demo-payments'
legacy_password='demo-legacy'

touch index.txt
cat >openssl.cnf <<'CNF'
[ca]
default_ca       = demo
[demo]
database         = index.txt
new_certs_dir    = .
rand_serial      = yes
default_md       = sha256
default_startdate = 20250101000000Z
default_enddate   = 20550101000000Z
policy           = any
unique_subject   = no
copy_extensions  = none
[any]
organizationName = optional
commonName       = supplied
[root]
basicConstraints     = critical,CA:true
keyUsage             = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints       = critical,CA:true,pathlen:0
keyUsage               = critical,keyCertSign,cRLSign
subjectKeyIdentifier   = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints       = critical,CA:false
keyUsage               = critical,digitalSignature
extendedKeyUsage       = serverAuth
subjectKeyIdentifier   = hash
authorityKeyIdentifier = keyid
subjectAltName         = $ENV::NAMES
[req]
distinguished_name = empty
[empty]
CNF
export NAMES='DNS:unused.keyexample.com'

key() { # key NAME ALGORITHM
	case $2 in
	rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
	ec) openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
	esac
}
request() { # request NAME COMMON-NAME
	openssl req -new -config openssl.cnf -key "$1.key" -subj "/O=Keyexample/CN=$2" -out "$1.csr"
}
issue() { # issue NAME SECTION ISSUER-OPTIONS...
	name=$1 section=$2
	shift 2
	openssl ca -batch -notext -config openssl.cnf -extensions "$section" -in "$name.csr" -out "$name.crt" "$@" 2>ca.log ||
		{ cat ca.log >&2; exit 1; }
}
leaf() { # leaf NAME ALGORITHM DNS-NAME...
	name=$1 algorithm=$2 common=$3
	shift 2
	NAMES=
	for dns; do NAMES="${NAMES:+$NAMES,}DNS:$dns"; done
	export NAMES
	key "$name" "$algorithm"
	request "$name" "$common"
	issue "$name" leaf -cert intermediate.crt -keyfile intermediate.key
}

key root ec && request root 'Keyexample Demo Root'
issue root root -selfsign -keyfile root.key
key intermediate ec && request intermediate 'Keyexample Demo Issuing CA'
issue intermediate intermediate -cert root.crt -keyfile root.key

leaf web rsa www.keyexample.com keyexample.com
leaf web-renewed rsa www.keyexample.com keyexample.com
leaf api ec api.keyexample.com
leaf payments rsa payments.keyexample.com
leaf legacy rsa appliance.keyexample.com
leaf partner ec partner.keyexample.com

# PEM: the end entity first, then who issued it.
cat web.crt intermediate.crt >web.pem
cat web-renewed.crt intermediate.crt >web-renewed.pem
# DER: one certificate, binary.
openssl x509 -in api.crt -outform DER -out api.der
# PKCS#12 as OpenSSL 3 writes it: PBES2, AES-256-CBC, a MAC with SHA-256.
openssl pkcs12 -export -inkey payments.key -in payments.crt -certfile intermediate.crt \
	-name payments -passout "pass:$payments_password" -out payments.p12
# PKCS#12 in the encoding of OpenSSL 1 and of Windows before 2019: RC2-40, 3DES, SHA-1.
openssl pkcs12 -export -legacy -inkey legacy.key -in legacy.crt -certfile intermediate.crt \
	-name appliance -passout "pass:$legacy_password" -out legacy.p12
# PKCS#7: a bundle of certificates without a key; the CA first, on purpose.
cat intermediate.crt partner.crt >bundle.crt
openssl crl2pkcs7 -nocrl -certfile bundle.crt -outform DER -out partner.p7b

for name in web web-renewed api payments legacy partner; do
	printf '%s %s\n' "$name" "$(openssl x509 -in "$name.crt" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g')"
done >thumbprints.txt

cp web.pem web-renewed.pem api.der payments.p12 legacy.p12 partner.p7b thumbprints.txt "$out"
echo "written to $out, with $(openssl version)"
