package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"earshot/internal/readfile"
)

// Credentials that systemd may hand over (LoadCredential=), used when the file names none.
const (
	CredentialPassword = "mqtt_password"
	CredentialUsername = "mqtt_username"
	CredentialWeb      = "web_password"
	CredentialToken    = "inference_token"
)

// maxSecretBytes bounds a secret: a longer file is not a password.
const maxSecretBytes = 4096

// ReadSecret reads a secret from the named file, or else from the credential of that name when systemd gave one.
// A relative name is looked for among systemd's credentials first. It returns "" when there is neither.
// Errors name the file and never its content.
func ReadSecret(path, credential string) (string, error) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if path == "" {
		if dir == "" || credential == "" {
			return "", nil
		}
		path = filepath.Join(dir, credential)
		if _, err := os.Stat(path); err != nil {
			return "", nil
		}
	} else if dir != "" && !filepath.IsAbs(path) {
		if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
			path = filepath.Join(dir, path)
		}
	}
	text, err := readfile.Bytes(path, maxSecretBytes)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	switch {
	case secret == "":
		return "", fmt.Errorf("secret: %q is empty", path)
	case strings.ContainsAny(secret, "\n\x00"):
		return "", fmt.Errorf("secret: %q has more than one line", path)
	}
	return secret, nil
}
