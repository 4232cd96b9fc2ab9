package main

import (
	"database/sql"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/gorilla/mux"
	_ "github.com/mattn/go-sqlite3" // the driver

	"github.com/svcgate/svcgate/soap/peer"
)

// naive is the adapter as one would first write it: gorilla/mux, encoding/json, gowsdl's client, one insert into SQLite
// through database/sql, everything at its default. It has no authentication, no check of what it is sent, no metrics and
// no log, and a crash between the answer and the insert loses the exchange.
func naive(args []string) error {
	flags := flag.NewFlagSet("naive", flag.ContinueOnError)
	listen := flags.String("listen", "", "address")
	to := flags.String("to", "", "URL of the provider")
	certificate := flags.String("certificate", "", "of the provider")
	path := flags.String("database", "", "path")
	if err := flags.Parse(args); err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", *path)
	if err != nil {
		return err
	}
	const schema = `CREATE TABLE exchange (id INTEGER PRIMARY KEY, key TEXT UNIQUE, card TEXT, amount TEXT, code TEXT, request TEXT, answer TEXT, at TEXT);
		CREATE TABLE response_code (code TEXT, meaning TEXT); INSERT INTO response_code VALUES ('24', 'approved')`
	if _, err := db.Exec(schema); err != nil {
		return err
	}
	clients := map[string]peer.StoredValue{}
	for _, ms := range []string{"0", "20", "100"} {
		if clients[ms], err = newGowsdl(*to+"/delay/"+ms+messagePath, *certificate, false); err != nil {
			return err
		}
	}
	r := mux.NewRouter()
	r.HandleFunc("/allocated", func(w http.ResponseWriter, _ *http.Request) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Fprintf(w, "go_memstats_alloc_bytes_total %d\ngo_memstats_mallocs_total %d\n", m.TotalAlloc, m.Mallocs)
	})
	r.HandleFunc("/delay/{ms}/v1/authorizations", func(w http.ResponseWriter, r *http.Request) {
		adapt(w, r, db, clients[mux.Vars(r)["ms"]])
	}).Methods(http.MethodPost)
	return http.ListenAndServe(*listen, r)
}

func adapt(w http.ResponseWriter, r *http.Request, db *sql.DB, client peer.StoredValue) {
	fail := func(status int, err error) { http.Error(w, err.Error(), status) }
	var in struct {
		Order, Amount string
		Card          struct{ Number string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		fail(http.StatusBadRequest, err)
		return
	}
	message := preauthorization(in.Order, in.Card.Number, in.Amount)
	answer, err := client.PreauthorizationRequestContext(r.Context(), message)
	if err != nil {
		fail(http.StatusBadGateway, err)
		return
	}
	if err := approvedBy(answer); err != nil {
		fail(http.StatusBadGateway, err)
		return
	}
	code, outcome := string(*answer.SVATransaction.Reason.Code), ""
	if err := db.QueryRow(`SELECT meaning FROM response_code WHERE code = ?`, code).Scan(&outcome); err != nil {
		fail(http.StatusInternalServerError, err)
		return
	}
	sent, _ := xml.Marshal(message)
	got, _ := xml.Marshal(answer)
	masked := "************" + in.Card.Number[12:]
	result, err := db.Exec(`INSERT INTO exchange (key, card, amount, code, request, answer, at) VALUES (?, ?, ?, ?, ?, ?, ?)`, r.Header.Get("Idempotency-Key"),
		masked, in.Amount, code, strings.ReplaceAll(string(sent), in.Card.Number, masked), string(got), time.Now().Format(time.RFC3339Nano))
	if err != nil {
		fail(http.StatusInternalServerError, err)
		return
	}
	id, _ := result.LastInsertId()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"id": id, "outcome": outcome, "amount": in.Amount, "code": code})
}
