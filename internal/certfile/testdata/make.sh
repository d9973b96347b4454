#!/usr/bin/env bash
# Makes the test files of this directory anew: needs openssl 3, keytool, certtool (gnutls-bin), pk12util and certutil
# (libnss3-tools). Keys are made for this purpose only and are worth nothing.
set -euo pipefail
cd "$(dirname "$0")"
rm -f -- *.pem *.der *.p12 *.p7 *.key files.tsv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# row FILE FORMAT PASSWORD LEAF: what a file is; PASSWORD - is none, "" the empty one.
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>files.tsv; }

ca() { # NAME SUBJECT [ISSUER]
    local sign=(-key "$1.key")
    if [ $# -gt 2 ]; then sign=(-CA "$3.pem" -CAkey "$3.key"); fi
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
    openssl req -x509 -new -key "$1.key" -subj "$2" -out "$work/self.pem" -days 36500 \
        -addext basicConstraints=critical,CA:TRUE
    if [ $# -gt 2 ]; then
        printf 'basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >"$work/ext"
        openssl req -new -key "$1.key" -subj "$2" -out "$work/csr"
        openssl x509 -req -in "$work/csr" "${sign[@]}" -days 36500 -extfile "$work/ext" -out "$1.pem" 2>/dev/null
    else
        mv "$work/self.pem" "$1.pem"
    fi
}

leaf() { # NAME SUBJECT ISSUER KEYOPTIONS...
    local name=$1 subject=$2 issuer=$3
    shift 3
    openssl genpkey "$@" -out "$name.key" 2>/dev/null
    printf 'basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=DNS:%s.example,DNS:*.%s.example,IP:192.0.2.1\n' "$name" "$name" >"$work/ext"
    openssl req -new -key "$name.key" -subj "$subject" -out "$work/csr"
    openssl x509 -req -in "$work/csr" -CA "$issuer.pem" -CAkey "$issuer.key" -days 36500 -extfile "$work/ext" -out "$name.pem" 2>/dev/null
}

EC=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)
ca root "/C=DE/O=Example, Inc./CN=Root"
ca middle "/C=DE/O=Example, Inc./CN=Middle" root
leaf web "/C=DE/ST=Hessen/L=Frankfurt/O=Example, Inc./OU=Web+OU=Ops/CN=web.example" middle "${EC[@]}"
leaf mail "/CN=mail.example" middle "${EC[@]}"
leaf rsa "/CN=rsa.example" middle -algorithm RSA -pkeyopt rsa_keygen_bits:1024
leaf pss "/CN=pss.example" middle -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024
leaf ed25519 "/CN=ed25519.example" middle -algorithm ED25519
leaf ed448 "/CN=ed448.example" middle -algorithm ED448
leaf brainpool "/CN=brainpool.example" middle -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1
leaf secp256k1 "/CN=secp256k1.example" middle -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1
leaf explicit "/CN=explicit.example" middle "${EC[@]}" -pkeyopt ec_param_enc:explicit
openssl dsaparam -out "$work/dsa" 1024 2>/dev/null
leaf dsa "/CN=dsa.example" middle -paramfile "$work/dsa"
cat middle.pem root.pem >"$work/cas.pem"
cat root.pem middle.pem >"$work/cas-root-first.pem"

# --- OpenSSL ---------------------------------------------------------------------------------------------------------
p12() { # NAME PASSWORD LEAF OPTIONS...
    local name=$1 password=$2 leaf=$3
    shift 3
    openssl pkcs12 -export -in "$leaf.pem" -inkey "$leaf.key" -certfile "$work/cas.pem" -name "$leaf" \
        -passout "pass:$password" -out "$name.p12" "$@"
    row "$name.p12" pkcs12 "$password" "$leaf"
}
p12 openssl-default secret web
p12 openssl-legacy secret web -legacy
p12 openssl-iter1 secret web -iter 1 -nomaciter
p12 openssl-des secret web -legacy -certpbe PBE-SHA1-DES -keypbe PBE-SHA1-DES -iter 100
p12 openssl-md5-des secret web -legacy -certpbe PBE-MD5-DES -keypbe PBE-MD5-DES -iter 100
p12 openssl-md5-rc2 secret web -legacy -certpbe PBE-MD5-RC2-64 -keypbe PBE-SHA1-RC2-64 -iter 100
p12 openssl-rc2-128 secret web -legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-2DES -iter 100
p12 openssl-rc4 secret web -legacy -certpbe PBE-SHA1-RC4-128 -keypbe PBE-SHA1-RC4-40 -iter 100
p12 openssl-rc2-cbc secret web -legacy -certpbe rc2-cbc -keypbe rc2-40-cbc -iter 100
p12 openssl-aes128 secret web -certpbe aes-128-cbc -keypbe aes-192-cbc -iter 100
p12 openssl-3des-cbc secret web -certpbe des-ede3-cbc -keypbe NONE -iter 100
p12 openssl-plain-cert secret web -certpbe NONE -iter 100
p12 openssl-plain secret web -certpbe NONE -keypbe NONE -iter 100
openssl pkcs12 -export -in web.pem -inkey web.key -passout pass:secret -certpbe camellia-256-cbc -iter 100 -out unsupported-camellia.p12
openssl pkcs12 -export -in web.pem -inkey web.key -passout pass:secret -macalg blake2b512 -iter 100 -out unsupported-blake2b512.p12
p12 openssl-nomac secret web -nomac -iter 100
p12 openssl-empty "" web -iter 100
p12 openssl-empty-legacy "" web -legacy -iter 100
p12 openssl-unicode "Grüße €𝄞" web -iter 100
p12 openssl-unicode-legacy "Grüße €𝄞" web -legacy -iter 100
for digest in md5 sha1 sha224 sha384 sha512 sha512-256 sha3-256; do
    p12 "openssl-mac-$digest" secret web -macalg "$digest" -iter 100
done
for kind in rsa pss ed25519 ed448 brainpool secp256k1 explicit dsa; do
    p12 "openssl-key-$kind" secret "$kind" -iter 100
done
openssl pkcs12 -export -nokeys -in web.pem -certfile "$work/cas.pem" -passout pass:secret -out openssl-nokeys.p12 -iter 100
row openssl-nokeys.p12 pkcs12 secret web
cat root.pem middle.pem web.pem >"$work/root-first.pem"
openssl pkcs12 -export -nokeys -in "$work/root-first.pem" -passout pass:secret -out openssl-nokeys-reversed.p12 -iter 100
row openssl-nokeys-reversed.p12 pkcs12 secret web
openssl pkcs12 -export -nokeys -nomac -certpbe NONE -in "$work/root-first.pem" -passout pass: -out openssl-open.p12
row openssl-open.p12 pkcs12 - web

cat web.pem middle.pem root.pem >chain.pem
row chain.pem pem - web
cat root.pem middle.pem web.pem >ca-first.pem
row ca-first.pem pem - "root web"
openssl x509 -in web.pem -outform DER -out web.der
row web.der der - web
openssl x509 -in web.pem -trustout -addtrust serverAuth -setalias alias >trusted.pem
row trusted.pem pem - web
{ openssl x509 -in web.pem -text; cat web.key; openssl x509 -in middle.pem -text; } >text.pem
row text.pem pem - web
openssl pkcs12 -in openssl-default.p12 -passin pass:secret -noenc >bag-attributes.pem
row bag-attributes.pem pem - web
openssl crl2pkcs7 -nocrl -certfile "$work/root-first.pem" -out openssl-pem.p7
row openssl-pem.p7 pkcs7 - web
openssl crl2pkcs7 -nocrl -certfile "$work/root-first.pem" -outform DER -out openssl-der.p7
row openssl-der.p7 pkcs7 - web
openssl crl2pkcs7 -nocrl -certfile "$work/cas-root-first.pem" -outform DER -out openssl-cas.p7
row openssl-cas.p7 pkcs7 - middle
echo text | openssl cms -sign -signer web.pem -inkey web.key -certfile "$work/cas.pem" -stream -nodetach -outform DER -out openssl-ber.p7
row openssl-ber.p7 pkcs7 - web

# --- what is no certificate file -------------------------------------------------------------------------------------
openssl req -new -key web.key -subj /CN=web.example -out not-request.pem
openssl req -in not-request.pem -outform DER -out not-request.der
openssl pkey -in web.key -out not-key.pem
openssl pkey -in web.key -outform DER -out not-key.der
openssl ec -in web.key -outform DER -out not-key-sec1.der 2>/dev/null
openssl rsa -in rsa.key -traditional -outform DER -out not-key-pkcs1.der 2>/dev/null
openssl pkcs8 -topk8 -in web.key -passout pass:secret -outform DER -out not-key-encrypted.der
openssl pkey -in web.key -pubout -out not-public.pem
openssl pkey -in web.key -pubout -outform DER -out not-public.der
touch "$work/index"
printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s/index\ndefault_md=sha256\n' "$work" >"$work/ca.cnf"
openssl ca -gencrl -config "$work/ca.cnf" -keyfile root.key -cert root.pem -crldays 36500 -out not-crl.pem 2>/dev/null
openssl crl -in not-crl.pem -outform DER -out not-crl.der
openssl cms -encrypt -in web.pem -outform DER -out not-encrypted.der -aes128 rsa.pem
openssl crl2pkcs7 -in not-crl.pem -outform DER -out not-empty-p7.der
openssl pkcs12 -export -nocerts -inkey web.key -passout pass:secret -out not-key-only.p12 -iter 100
# Encrypted keys, for the derivations that openssl pkcs12 has no option for.
for prf in hmacWithSHA1 hmacWithSHA224 hmacWithSHA256 hmacWithSHA384 hmacWithSHA512 hmacWithSHA512-256; do
    openssl pkcs8 -topk8 -in web.key -passout pass:secret -v2 aes-128-cbc -v2prf "$prf" -iter 100 -outform DER -out "pkcs8-$prf.der"
done
openssl pkcs8 -topk8 -in web.key -passout pass:secret -scrypt -scrypt_N 1024 -outform DER -out pkcs8-scrypt.der

# --- Java ------------------------------------------------------------------------------------------------------------
store() { # FILE PASSWORD FROM ALIAS NEWALIAS
    keytool -importkeystore -noprompt -srckeystore "$3" -srcstoretype pkcs12 -srcstorepass secret -srcalias "$4" -destalias "$5" \
        -destkeystore "$1" -deststoretype pkcs12 -deststorepass "$2" -destkeypass "$2" >/dev/null 2>&1
}
store keytool.p12 changeit openssl-default.p12 web web
row keytool.p12 pkcs12 changeit web
openssl pkcs12 -export -in mail.pem -inkey mail.key -certfile "$work/cas.pem" -name mail -passout pass:secret -out "$work/mail.p12"
store keytool-several.p12 changeit openssl-default.p12 web web
store keytool-several.p12 changeit "$work/mail.p12" mail mail
keytool -importcert -noprompt -file root.pem -alias aroot -keystore keytool-several.p12 -storepass changeit >/dev/null 2>&1
row keytool-several.p12 pkcs12 changeit "web mail"
keytool -importcert -noprompt -file root.pem -alias root -keystore keytool-trust.p12 -storetype pkcs12 -storepass changeit >/dev/null 2>&1
row keytool-trust.p12 pkcs12 changeit root
keytool -importkeystore -noprompt -srckeystore openssl-default.p12 -srcstoretype pkcs12 -srcstorepass secret \
    -destkeystore not-jks.jks -deststoretype jks -deststorepass changeit >/dev/null 2>&1
keytool -J-Dkeystore.pkcs12.legacy -importkeystore -noprompt -srckeystore openssl-default.p12 -srcstoretype pkcs12 -srcstorepass secret \
    -destkeystore keytool-legacy.p12 -deststoretype pkcs12 -deststorepass changeit >/dev/null 2>&1
row keytool-legacy.p12 pkcs12 changeit web

# --- GnuTLS ----------------------------------------------------------------------------------------------------------
gnutls() { # NAME PASSWORD OPTIONS...
    local name=$1 password=$2
    shift 2
    certtool --to-p12 --load-certificate "$work/web-chain.pem" --load-privkey web.key --p12-name web --outder --outfile "$name.p12" "$@" 2>/dev/null
    row "$name.p12" pkcs12 "$password" web
}
cat web.pem middle.pem >"$work/web-chain.pem"
gnutls certtool secret --password secret
gnutls certtool-arcfour secret --password secret --pkcs-cipher arcfour
gnutls certtool-unicode "Grüße €" --password "Grüße €"
gnutls certtool-empty "" --empty-password
gnutls certtool-null "" --null-password
certtool --p7-generate --load-certificate "$work/root-first.pem" --outfile certtool.p7 2>/dev/null
row certtool.p7 pkcs7 - web

# --- NSS (Firefox) ---------------------------------------------------------------------------------------------------
mkdir "$work/nss"
certutil -N -d "$work/nss" --empty-password
pk12util -i openssl-default.p12 -d "$work/nss" -W secret >/dev/null
nss() { # NAME PASSWORD OPTIONS...
    local name=$1 password=$2
    shift 2
    pk12util -o "$name.p12" -n web -d "$work/nss" -W "$password" "$@" >/dev/null
    row "$name.p12" pkcs12 "$password" web
}
nss nss secret
nss nss-legacy secret -C "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC" -c "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC"
nss nss-unicode "Grüße"

rm -f middle.key root.key pss.key brainpool.key secp256k1.key explicit.key dsa.key ed448.key
sort -o files.tsv files.tsv
