// Package access says who may do what: roles, permissions, the one table that joins them, the tokens by which programs
// are known, and the door at which people prove who they are. It knows nothing of requests or storage.
package access

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what a token is made for, and what a person has one or more of. Each role may do what its row of the
// permission table says and nothing else.
type Role string

// The roles.
const (
	RoleOMS           Role = "oms"            // the order management system: sends operations
	RoleTester        Role = "tester"         // sends operations and looks at the messages, on test systems
	RoleViewer        Role = "viewer"         // looks up what happened
	RoleOperator      Role = "operator"       // looks up what happened and settles what nobody knows
	RoleCodeEditor    Role = "code-editor"    // drafts changes of the code table
	RoleApprover      Role = "approver"       // publishes what others drafted
	RoleSecurityAdmin Role = "security-admin" // keeps people and tokens and reads the audit trail; cannot touch money
	RoleAdmin         Role = "admin"          // a program that keeps everything; cannot move money
)

// Roles lists them all.
func Roles() []Role {
	return []Role{RoleOMS, RoleTester, RoleViewer, RoleOperator, RoleCodeEditor, RoleApprover, RoleSecurityAdmin, RoleAdmin}
}

// TokenRoles lists the roles that a token may have. Keeping people takes a person, who has a second factor, or the role
// of a program that keeps everything.
func TokenRoles() []Role {
	return []Role{RoleOMS, RoleTester, RoleViewer, RoleOperator, RoleCodeEditor, RoleApprover, RoleAdmin}
}

// PersonRoles lists the roles that a person may have: none that sends operations.
func PersonRoles() []Role {
	return []Role{RoleViewer, RoleOperator, RoleCodeEditor, RoleApprover, RoleSecurityAdmin}
}

// ParseRole refuses what is not a role. The error lists the roles and never holds the input.
func ParseRole(s string) (Role, error) { return parseRole(s, Roles(), "") }

// ParseTokenRole is ParseRole for the roles of tokens.
func ParseTokenRole(s string) (Role, error) { return parseRole(s, TokenRoles(), " of tokens") }

// ParsePersonRole is ParseRole for the roles of people.
func ParsePersonRole(s string) (Role, error) { return parseRole(s, PersonRoles(), " of people") }

func parseRole(s string, among []Role, whose string) (Role, error) {
	if r := Role(s); slices.Contains(among, r) {
		return r, nil
	}
	return "", fmt.Errorf("no such role; the roles%s are %s", whose, list(among))
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
	EditCodes        Permission = "codes.edit"        // draft changes of the vendor response table
	PublishCodes     Permission = "codes.publish"     // put a draft of the table in force, or an earlier version
	ReadReports      Permission = "reports.read"      // read the reports, masked
	ManageTokens     Permission = "tokens.manage"     // list, make and revoke tokens
	ManagePeople     Permission = "people.manage"     // list, invite, change and disable people
	Settle           Permission = "settle"            // decide an outcome that is not known
	ReadAudit        Permission = "audit.read"        // read who changed what
)

// Permissions lists them all.
func Permissions() []Permission {
	return []Permission{Transact, Inquire, ReadTransactions, ReadExchanges, ReadCodes, EditCodes, PublishCodes, ReadReports,
		ManageTokens, ManagePeople, Settle, ReadAudit}
}

// table is the only place that says what a role may do. Whoever is not in it may do nothing.
var table = map[Role][]Permission{
	RoleOMS:           {Transact, Inquire, ReadTransactions},
	RoleTester:        {Transact, Inquire, ReadTransactions, ReadExchanges, ReadCodes},
	RoleViewer:        {ReadTransactions, ReadExchanges, ReadCodes, ReadReports},
	RoleOperator:      {Inquire, ReadTransactions, ReadExchanges, ReadCodes, ReadReports, Settle},
	RoleCodeEditor:    {ReadTransactions, ReadExchanges, ReadCodes, EditCodes, ReadReports},
	RoleApprover:      {ReadTransactions, ReadExchanges, ReadCodes, PublishCodes, ReadReports},
	RoleSecurityAdmin: {ManageTokens, ManagePeople, ReadAudit},
	RoleAdmin: {Inquire, ReadTransactions, ReadExchanges, ReadCodes, EditCodes, PublishCodes, ReadReports, ManageTokens,
		ManagePeople, ReadAudit},
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
