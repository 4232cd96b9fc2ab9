// Package console is the pages by which people run svcgate: rendered here, working without scripts, and showing no card
// number to anybody.
//
// # How to add a page
//
//  1. Add a row to routes() in routes.go: method, path, the one permission, and whether the password is asked for again
//     (prove; not for forms with files). GET reads and POST changes. TestRoutes holds the table of routes and roles in
//     testdata/routes.txt; UPDATE=1 writes it. If the page belongs in the navigation, its row is there already.
//  2. Write the handler, func (c *Console) showThing(v *visit) (*answer, error), in a file named for its noun. It calls
//     one method of an interface in config.go and returns v.page("thing", "Title", data). An *svcgate.Error becomes the
//     page of its code; only its Detail is shown. Other errors are "Something failed", with the request's id.
//  3. Write templates/thing.html with {{define "main"}}; "actions" stands beside the title. The layout has the h1, so a
//     page begins with h2. The page's data is .Data, the person .Person. Parts: form, field, outcome, time, pager, copy,
//     chart, spark, code, sessions; functions: money, card, number, plural, ago, span, took, list, pick. Nothing inline:
//     no style or script attributes. A table has a caption, scopes, class "rows" and a data-label on each cell, which
//     narrow screens show.
//
// A form is a newForm with its fields, made by one function for drawing and reading. v.read(f) fills it and puts what
// is wrong at the fields; f.Wrong and f.take(err) add what the business says. While !f.OK() return the page with f as
// the last argument of v.page: it becomes a 422 with a summary linked to the fields. After a change v.tell a sentence
// and v.redirect. Changes that their store does not audit itself go through v.audited.
//
// Also: v.may(permission) for parts of a page, c.reaches(v, path) before a link to another page, v.pager(next) for
// lists (turn for one that is known as a whole), v.csv and v.download for files, v.slow(limit) where reading takes long, newChart and newSpark for drawings,
// pretty(message) for XML and JSON.
package console
