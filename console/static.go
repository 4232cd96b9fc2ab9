package console

import (
	"crypto/sha256"
	"embed"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFS embed.FS

const staticRoot = Root + "/static/"

// asset is one file of the console. Its address holds the hash of what is in it, so it may be kept for ever.
type asset struct {
	address, contentType string
	body                 []byte
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// loadAssets reads the embedded files, by their names.
func loadAssets() (map[string]asset, error) {
	entries, err := staticFS.ReadDir("static")
	if err != nil {
		return nil, err
	}
	assets := map[string]asset{}
	for _, entry := range entries {
		body, err := staticFS.ReadFile("static/" + entry.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(entry.Name())
		assets[entry.Name()] = asset{
			address:     staticRoot + strings.TrimSuffix(entry.Name(), ext) + "." + letters(sum[:8]) + ext,
			contentType: contentTypes[ext], body: body,
		}
	}
	return assets, nil
}

// static serves the files. They need no session: there is nothing in them but looks.
func (c *Console) static(w http.ResponseWriter, r *http.Request) {
	c.secure(w.Header())
	for _, a := range c.assets {
		if a.address == r.URL.Path {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			w.Header().Set("Content-Type", a.contentType)
			_, _ = w.Write(a.body) // a browser that hangs up has it not
			return
		}
	}
	c.serve(route{path: "none", permission: anyone, handle: noPage}).ServeHTTP(w, r)
}

// letters spells bytes without digits, of which ten in a row would be taken for a card number.
func letters(b []byte) string {
	out := make([]byte, 0, 2*len(b))
	for _, one := range b {
		out = append(out, 'a'+one>>4, 'a'+one&15)
	}
	return string(out)
}
