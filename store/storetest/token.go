package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

func testTokens(t *testing.T, open Open) {
	ctx := context.Background()
	now := start
	db := open(t, t.TempDir(), func() time.Time { return now })
	defer func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}()
	hashes := map[string]string{}
	var want []access.Token
	for i, role := range access.TokenRoles() {
		_, hash := access.NewToken()
		token := access.Token{Name: string(rune('a' + i)), Role: role, Created: start}
		if err := db.PutToken(ctx, token, hash); err != nil {
			t.Fatal(err)
		}
		hashes[token.Name], want = hash, append(want, token)
	}
	for _, token := range want {
		got, err := db.TokenByHash(ctx, hashes[token.Name])
		if err != nil || !reflect.DeepEqual(got, token) {
			t.Errorf("TokenByHash = %+v, %v, want %+v", got, err, token)
		}
	}
	if got, err := db.Tokens(ctx); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Tokens = %+v, %v, want %+v", got, err, want)
	}
	_, unknown := access.NewToken()
	for _, hash := range []string{"", unknown, "%", hashes["a"][:63]} {
		_, err := db.TokenByHash(ctx, hash)
		wantCode(t, err, svcgate.CodeNotFound)
	}

	// Names and hashes are given once.
	wantCode(t, db.PutToken(ctx, want[0], unknown), svcgate.CodeConflict)
	wantCode(t, db.PutToken(ctx, access.Token{Name: "e", Role: access.RoleOMS, Created: start}, hashes["a"]), svcgate.CodeConflict)
	for _, wrong := range []struct {
		token access.Token
		hash  string
	}{
		{access.Token{Role: access.RoleOMS}, unknown},
		{access.Token{Name: "two words", Role: access.RoleOMS}, unknown},
		{access.Token{Name: "e"}, unknown},
		{access.Token{Name: "e", Role: "root"}, unknown},
		{access.Token{Name: "e", Role: access.RoleSecurityAdmin}, unknown},
		{access.Token{Name: "e", Role: access.RoleOMS}, ""},
		{access.Token{Name: "e", Role: access.RoleOMS}, "svc_" + unknown[:60]},
	} {
		wantCode(t, db.PutToken(ctx, wrong.token, wrong.hash), svcgate.CodeInvalid)
	}

	if err := db.RevokeToken(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	now = start.Add(time.Hour)
	if err := db.RevokeToken(ctx, "b"); err != nil {
		t.Errorf("revoking twice: %v", err)
	}
	wantCode(t, db.RevokeToken(ctx, "none"), svcgate.CodeNotFound)
	_, err := db.TokenByHash(ctx, hashes["b"])
	wantCode(t, err, svcgate.CodeNotFound)
	if _, err := db.TokenByHash(ctx, hashes["a"]); err != nil {
		t.Errorf("revoking b touched a: %v", err)
	}
	want[1].Revoked = start
	if got, err := db.Tokens(ctx); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Tokens = %+v, %v, want %+v", got, err, want)
	}
	_, hash := access.NewToken()
	wantCode(t, db.PutToken(ctx, access.Token{Name: "b", Role: access.RoleOMS, Created: start}, hash), svcgate.CodeConflict)
}
