package account_test

import (
	"strings"
	"testing"
)

// Accounts sort, come as files of exactly what is shown, and the filters are kept.
func TestAccountsAreAListLikeTheOthers(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.as("quantri", password)
	b.Get("/admin/accounts?sort=-login").Is(200).Has("tr[data-row]:first-child", "quantrixa")
	b.Get("/admin/accounts?sort=login").Has("tr[data-row]:first-child", "bich").Has(".pager", "4 trong 4")
	file := strings.Split(strings.TrimSpace(b.Get("/admin/accounts?role=specialist&format=csv").Is(200).Body), "\n")
	if len(file) != 2 || !strings.Contains(file[1], ",bich,") || !strings.Contains(file[1], "Xã Gio Hải") {
		t.Errorf("the file of specialists is %q", file)
	}
	b.Post("/views/accounts", "name", "Chuyên viên", "query", "role=specialist").To("/admin/accounts?role=specialist")
	b.Get("/admin/accounts?role=specialist").Is(200).Has(".views [aria-current]", "Chuyên viên").Count("tr[data-row]", 1)
}
