package simulator

import (
	"crypto/subtle"
	"io/fs"
	"net"
	"net/http"
	"strings"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/soap/wsdl"
)

const door = "/relateui/{org}/xmlapi"

const index = `svcgate simulator: plays the stored value door of Oracle Retail Customer Engagement.

POST   /relateui/{org}/xmlapi        the eight messages
GET    /relateui/{org}/xmlapi?wsdl   a description of them; ?xsd=name for its schemas

From this machine only:
GET    /ledger[?after=seq]           what really happened
GET    /cards                        all cards with their totals
POST   /cards                        add a card, or set one that is there
GET    /faults                       the fault rules in force, and all faults there are
POST   /faults                       add a fault rule
DELETE /faults[?id=n]                remove one rule, or all
GET    /magic                        amounts and card endings with an outcome of their own
GET    /switches                     how this provider was set up
POST   /reset                        first cards, empty ledger, no rules
`

// routes is every route there is.
func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+door, s.message)
	mux.HandleFunc("GET "+door, describe)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, index) })

	mux.Handle("GET /ledger", control(s.getLedger))
	mux.Handle("GET /cards", control(s.getCards))
	mux.Handle("POST /cards", control(s.postCard))
	mux.Handle("GET /faults", control(s.getFaults))
	mux.Handle("POST /faults", control(s.postFault))
	mux.Handle("DELETE /faults", control(s.deleteFault))
	mux.Handle("GET /magic", control(s.getMagic))
	mux.Handle("GET /switches", control(s.getSwitches))
	mux.Handle("POST /reset", control(s.postReset))
	return mux
}

// control lets only this machine in, and no web page of another site: what is behind it changes cards and faults.
func control(handle func(*http.Request) (any, error)) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxControlBody)
		writeResult(w, handle, r)
	})
	guarded := http.NewCrossOriginProtection().Handler(inner)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.RemoteAddr) || !loopback(r.Host) {
			writeText(w, http.StatusForbidden, "control routes answer this machine only\n")
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// loopback reports whether an address, with or without port, is this machine. A name other than localhost is not: a
// page of another site may have made it resolve here.
func loopback(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// allowed checks the credentials, if any are wanted.
func (s *Simulator) allowed(r *http.Request) bool {
	if s.cfg.Username == "" {
		return true
	}
	name, password, given := r.BasicAuth()
	right := subtle.ConstantTimeCompare([]byte(name), []byte(s.cfg.Username)) == 1
	return s.cfg.Password.Equal(secret.New(password)) && right && given
}

// describe gives the WSDL, with this address filled in, and its schemas.
func describe(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch name := query.Get("xsd"); {
	case query.Has("wsdl"):
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		text, err := wsdl.Document(scheme + "://" + r.Host + r.URL.Path)
		if err != nil {
			writeText(w, http.StatusBadRequest, "no description for this address\n")
			return
		}
		writeXML(w, text)
	case name != "" && strings.HasSuffix(name, ".xsd"):
		text, err := fs.ReadFile(wsdl.FS, name)
		if err != nil {
			writeText(w, http.StatusNotFound, "no such schema\n")
			return
		}
		writeXML(w, text)
	default:
		w.Header().Set("Allow", http.MethodPost)
		writeText(w, http.StatusMethodNotAllowed, "messages come by POST; ?wsdl describes them\n")
	}
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", typeText)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the caller may have gone
}

func writeXML(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", typeXML)
	_, _ = w.Write(text) // the caller may have gone
}
