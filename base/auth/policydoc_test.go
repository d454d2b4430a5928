package auth_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
)

var renewPolicy = flag.Bool("renew-policy", false, "write docs/security/policy.md and .vi.md anew, to be read before they are committed")

// words are the policy's names in Vietnamese; in English they are read as they stand.
func words(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/policy.vi.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, word, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
			out[name] = word
		}
	}
	return out
}

// policyText is the whole policy as people read it. say gives a name's word.
func policyText(head string, say func(kind, name string) string) string {
	var b strings.Builder
	b.WriteString(head)
	title := func(s string) { fmt.Fprintf(&b, "\n## %s\n\n", say("title", s)) }
	title("roles")
	fmt.Fprintf(&b, "| %s |", say("title", "verb"))
	for _, r := range actor.Roles {
		fmt.Fprintf(&b, " %s |", say("role", string(r)))
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(actor.Roles)) + "\n")
	for _, v := range auth.Verbs {
		fmt.Fprintf(&b, "| `%s` |", v)
		for _, r := range actor.Roles {
			mark := " "
			if auth.Allows(r, v) {
				mark = " ● "
			}
			fmt.Fprintf(&b, "%s|", mark)
		}
		b.WriteString("\n")
	}
	for _, k := range auth.Kinds {
		title(k.Name)
		fmt.Fprintf(&b, "| %s | %s | %s |\n|---|---|---|\n", say("title", "act"), say("title", "verb"), say("title", "states"))
		for _, x := range auth.Acts {
			if x.Kind != k.Name {
				continue
			}
			var in []string
			for _, s := range k.States {
				if x.In(s) {
					in = append(in, say(k.Name, string(s)))
				}
			}
			who := "`" + string(x.Verb) + "`"
			if x.By != "" {
				who = say("by", x.By)
			}
			all := strings.Join(in, ", ")
			if len(in) == len(k.States) {
				all = say("title", "all")
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", say(k.Name, x.Name), who, all)
		}
		fmt.Fprintf(&b, "\n%s\n\n", say("title", "by state"))
		for _, s := range k.States {
			var acts []string
			for _, x := range auth.Acts {
				if x.Kind == k.Name && x.In(s) {
					acts = append(acts, say(k.Name, x.Name))
				}
			}
			if acts == nil {
				acts = []string{say("title", "nothing")}
			}
			fmt.Fprintf(&b, "- **%s**: %s\n", say(k.Name, string(s)), strings.Join(acts, ", "))
		}
	}
	return b.String()
}

var inEnglish = map[string]string{
	"title.roles": "Roles and verbs", "title.verb": "Verb", "title.act": "Act", "title.states": "In the states", "title.all": "all",
	"title.by state": "By state:", "title.nothing": "nothing",
	"by.token": "who has the receipt, by its token", "by.program": "the program itself", "by.holder": "whose drawer it is",
	"by.unit": "`score.enter`, with a post in the unit itself", "by.appraiser": "`score.appraise`, who was assigned and is not of the unit",
	"by.preparer": "`round.keep` or `result.publish`", "by.chair": "`result.publish`, the chairperson, who did not prepare it",
	"by.remedier": "`score.enter` or `round.keep`", "by.file": "the verb of the file's kind", "by.keeper": "`privacy.keep` or `privacy.approve`",
	"title.hand_list": "Lists of what is handed over", "title.drawer": "Cash drawer of a day", "title.turn": "Number of the queue",
	"title.stage": "Sheet in a stage of appraisal", "title.request": "Request of a data subject", "title.retention": "Proposal to erase what is over",
	"title.hold": "Hold on a dossier's data", "title.book": "Book of numbered forms", "title.original": "Original in custody", "title.link": "Link to another system",
	"by.self": "whose account it is", "by.everywhere": "`account.change`, wherever the account holds a role", "by.giver": "who delegates, when the other's account stands so",
	"by.taker": "to whom it was given", "by.giver_or_taker": "who gave it, who was given it, or who keeps the giver's account", "by.self_or_keeper": "whose account it is, or who keeps that account",
	"by.bearer": "who has its secret", "by.top": "`system.keep`, in every unit at the top",
	"dossier.say_notices": "note by which ways the applicant is told", "dossier.stop_notices": "stop notices", "account.grant": "give a role", "account.revoke": "end a role", "account.link": "link with single sign-on", "account.unlink": "unlink from single sign-on",
	"account.end_sessions": "end all sessions", "account.reset_factor": "reset second factor", "delegation.now": "running", "title.calendar_day": "Day in a unit's own calendar, or the nation's",
	"title.unit": "Unit, on the day of the act", "title.token": "Access token",
}

const englishHead = `# Who may do what, and when

Written by the tests from the policy itself (` + "`base/auth/policy.go`, `base/auth/acts.go`" + `): do not edit. After a change that is meant, ` + "`make policy`" + ` and read the difference.

A person may do an act when a grant of theirs has its verb where the thing is (in the unit of the grant or below it) **and** the thing stands in one of the act's states. What is not written here is refused. Who lacks the verb is not told the state. What acts need beside that (a reason, holding the step, a version that nobody changed) the rooms ask afterwards. Of every route with every role and state, [app/testdata/matrix.txt](../../app/testdata/matrix.txt) tells what comes of it.
`

const vietnameseHead = `# Ai được làm gì, và khi nào

Do kiểm thử viết ra từ chính chính sách (` + "`base/auth/policy.go`, `base/auth/acts.go`" + `): không sửa tay. Sau một thay đổi có chủ ý, chạy ` + "`make policy`" + ` và đọc phần khác biệt.

Một người được làm một việc khi vai trò được giao có quyền tương ứng tại nơi của đối tượng (đơn vị được giao hoặc cấp dưới) **và** đối tượng đang ở một trong các trạng thái của việc đó. Điều không ghi ở đây thì bị từ chối. Người không có quyền không được biết trạng thái. Những điều kiện khác (lý do, người đang giữ bước, phiên bản chưa ai sửa) do từng phần hỏi sau đó. Kết quả của mọi đường dẫn với mọi vai trò và trạng thái: [app/testdata/matrix.txt](../../app/testdata/matrix.txt).
`

func TestThePolicyIsWrittenDown(t *testing.T) {
	t.Parallel()
	vi := words(t)
	used := map[string]bool{}
	english := policyText(englishHead, func(kind, name string) string {
		if w, ok := inEnglish[kind+"."+name]; ok {
			return w
		}
		s := strings.ReplaceAll(name, "_", " ")
		if kind == "title" {
			s = strings.ToUpper(s[:1]) + s[1:]
		}
		return s
	})
	vietnamese := policyText(vietnameseHead, func(kind, name string) string {
		for _, key := range []string{kind + "." + name, name} {
			if w, ok := vi[key]; ok {
				used[key] = true
				return w
			}
		}
		t.Errorf("testdata/policy.vi.txt has no word for %s.%s", kind, name)
		return name
	})
	for key := range vi {
		if !used[key] {
			t.Errorf("testdata/policy.vi.txt has %s, which is nowhere in the policy", key)
		}
	}
	for name, now := range map[string]string{"policy.md": english, "policy.vi.md": vietnamese} {
		path := "../../docs/security/" + name
		if *renewPolicy {
			if os.Getenv("CI") != "" {
				t.Fatal("the policy is written down by a person who reads it")
			}
			if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		stored, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(stored) != now {
			t.Errorf("%s is not what the policy says: make policy, and read the difference", path)
		}
	}
}

func TestThePolicyOfActsIsWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, x := range auth.Acts {
		switch {
		case seen[x.Kind+"."+x.Name]:
			t.Errorf("%s.%s stands twice", x.Kind, x.Name)
		case x.Verb == "" && x.By == "":
			t.Errorf("%s.%s is for nobody: it has no verb", x.Kind, x.Name)
		case x.Verb != "" && !slices.Contains(auth.Verbs, x.Verb):
			t.Errorf("%s.%s needs %s, which is no verb", x.Kind, x.Name, x.Verb)
		case len(x.States()) == 0:
			t.Errorf("%s.%s can never be done", x.Kind, x.Name)
		}
		seen[x.Kind+"."+x.Name] = true
		if x.In("") || x.In("no such state") {
			t.Errorf("%s.%s may be done in a state that nobody wrote down", x.Kind, x.Name)
		}
	}
	for _, k := range auth.Kinds {
		for _, s := range k.States {
			if (auth.Act{}).In(s) {
				t.Errorf("an act that is nowhere may be done to a %s that is %s", k.Name, s)
			}
		}
	}
}

var (
	rowOfActs = regexp.MustCompile(`(?m)^\t(\w+) += \w+\.act\(`)
	verbNamed = regexp.MustCompile(`(?m)^\t(\w+) +Verb = "([^"]+)"`)
)

// A row that nobody asks would be a promise of the document alone.
func TestEveryActAndVerbIsAskedByTheProgram(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("acts.go")
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, m := range rowOfActs.FindAllStringSubmatch(string(table), -1) {
		wanted["auth."+m[1]] = false
	}
	if len(wanted) != len(auth.Acts) {
		t.Fatalf("found %d rows of %d", len(wanted), len(auth.Acts))
	}
	verbs, err := os.ReadFile("policy.go")
	if err != nil {
		t.Fatal(err)
	}
	isVerb := map[string]bool{} // policy.go itself names every one
	for _, m := range verbNamed.FindAllStringSubmatch(string(verbs), -1) {
		isVerb["auth."+m[1]] = true
		// Who asks for an act asks for its verb.
		wanted["auth."+m[1]] = slices.ContainsFunc(auth.Acts, func(x auth.Act) bool { return string(x.Verb) == m[2] })
	}
	word := regexp.MustCompile(`\bauth\.\w+`)
	here := regexp.MustCompile(`\b(\w+)(?:\.In\(|\.Verb\b|[,)\n])`) // package auth asks for its own by bare names
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if filepath.Dir(path) == filepath.Join("..", "..", "base", "auth") && d.Name() != "acts.go" && d.Name() != "policy.go" {
			for _, m := range here.FindAllStringSubmatch(string(text), -1) {
				if name := "auth." + m[1]; !isVerb[name] {
					if _, ok := wanted[name]; ok {
						wanted[name] = true
					}
				}
			}
		}
		for _, name := range word.FindAllString(string(text), -1) {
			if _, ok := wanted[name]; ok {
				wanted[name] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, asked := range wanted {
		if !asked {
			t.Errorf("%s stands in the policy, and nothing of the program asks for it", name)
		}
	}
}

func TestWhoMayNotDoesNotLearnTheState(t *testing.T) {
	t.Parallel()
	g := auth.Guard{Tree: units}
	said := fmt.Errorf("not now")
	do := func(r actor.Role, s auth.State) error {
		return g.Do(t.Context(), nil, as(r, "province"), auth.AcceptDossier, "commune", s, said)
	}
	if err := do(actor.OneStop, "registered"); err != nil {
		t.Errorf("the one-stop accepts what has arrived: %v", err)
	}
	if err := do(actor.OneStop, "finished"); err != said {
		t.Errorf("what is finished is accepted again: %v", err)
	}
	if err := do(actor.OneStop, "nowhere"); err != said {
		t.Errorf("a state that nobody wrote down lets through: %v", err)
	}
	for _, s := range []auth.State{"registered", "finished", "nowhere"} {
		if err := do(actor.Auditor, s); err == nil || err == said {
			t.Errorf("an auditor learns of a dossier that is %s: %v", s, err)
		}
	}
}
