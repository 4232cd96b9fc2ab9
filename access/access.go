// Package access says who may do what: roles, permissions, the one table that joins them, and the tokens by which
// programs and people are known. It knows nothing of requests or storage.
package access

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what a token is made for. Each role may do what its row of the permission table says and nothing else.
type Role string

// The roles.
const (
	RoleOMS      Role = "oms"      // the order management system: sends operations
	RoleOperator Role = "operator" // looks up what happened and settles what nobody knows
	RoleAdmin    Role = "admin"    // keeps the code table and the tokens; cannot move money
	RoleTester   Role = "tester"   // sends operations and looks at the messages, on test systems
)

// Roles lists them all.
func Roles() []Role { return []Role{RoleOMS, RoleOperator, RoleAdmin, RoleTester} }

// ParseRole refuses what is not a role. The error lists the roles and never holds the input.
func ParseRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(Roles(), r) {
		return r, nil
	}
	return "", fmt.Errorf("no such role; the roles are %s", list(Roles()))
}

// Permission is one thing that may be allowed. Every route and command asks for exactly one.
type Permission string

// The permissions.
const (
	Transact         Permission = "transact"          // send operations that change a card
	Inquire          Permission = "inquire"           // ask for a card's balance
	ReadTransactions Permission = "transactions.read" // list and read transactions, masked
	ReadExchanges    Permission = "exchanges.read"    // read the messages of a transaction, masked
	ReadCodes        Permission = "codes.read"        // read the vendor response table
	EditCodes        Permission = "codes.edit"        // change the vendor response table
	ManageTokens     Permission = "tokens.manage"     // list, make and revoke tokens
	Settle           Permission = "settle"            // decide an outcome that is not known
	ReadAudit        Permission = "audit.read"        // read who changed what
)

// Permissions lists them all.
func Permissions() []Permission {
	return []Permission{Transact, Inquire, ReadTransactions, ReadExchanges, ReadCodes, EditCodes, ManageTokens, Settle, ReadAudit}
}

// table is the only place that says what a role may do. Whoever is not in it may do nothing.
var table = map[Role][]Permission{
	RoleOMS:      {Transact, Inquire, ReadTransactions},
	RoleOperator: {Inquire, ReadTransactions, ReadExchanges, ReadCodes, Settle},
	RoleTester:   {Transact, Inquire, ReadTransactions, ReadExchanges, ReadCodes},
	RoleAdmin:    {Inquire, ReadTransactions, ReadExchanges, ReadCodes, EditCodes, ManageTokens, ReadAudit},
}

// May reports whether the role has the permission. A role or permission that is not listed here has none and is none.
func (r Role) May(p Permission) bool { return slices.Contains(table[r], p) }

func list[T ~string](all []T) string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = string(one)
	}
	return strings.Join(names, ", ")
}
