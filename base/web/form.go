package web

import (
	"encoding"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/web/ui"
)

// Form is what was typed into a form and what is wrong with it. Embed it in the
// struct that Decode fills, and hand it to the ui kit's fields.
type Form = ui.Form

// uploadMemory is how much of an upload is kept in memory; the rest goes to
// temporary files.
const uploadMemory = 4 << 20

// Decode reads a request's form into the struct that into points to: the body of
// a POST, the query of a GET. Fields are tagged `form:"name"`, with ",required"
// when they must not be empty and ",raw" for secrets, which are neither trimmed
// nor kept. They may be strings, whole numbers, bools (a ticked box), anything
// that reads itself from text (moment.Date, moment.Instant), points.Points, and
// slices of these. Structs without a tag are read in place; an embedded Form is
// given what was typed.
//
// Text is cleaned: NFC, no control characters but line ends, no blanks around.
//
// Errors: a *fault.Fault of kind Invalid with one field for each value that could
// not be read; a body that is too large or broken.
func Decode(r *http.Request, into any) error {
	values, err := typed(r)
	if err != nil {
		return err
	}
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("decode a form into %T: want a pointer to a struct", into)
	}
	d := decoder{values: values, fault: fault.New(fault.Invalid, "web.form.invalid")}
	if err := d.fill(v.Elem()); err != nil {
		return fmt.Errorf("decode a form into %T: %w", into, err)
	}
	if d.form != nil {
		d.form.Values = d.values
	}
	if err := d.fault.Or(); err != nil {
		if d.form != nil {
			d.form.Fault = d.fault
		}
		return err
	}
	return nil
}

func typed(r *http.Request) (url.Values, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return clone(r.URL.Query()), nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(uploadMemory)
	} else {
		err = r.ParseForm()
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, err
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "web.form.broken").Because(err)
	}
	return clone(r.PostForm), nil
}

// clone cleans as it copies, so that a secret can be taken out without touching
// the request.
func clone(in url.Values) url.Values {
	out := make(url.Values, len(in))
	for name, list := range in {
		for _, s := range list {
			out[name] = append(out[name], clean(s))
		}
	}
	return out
}

// clean makes one text of the ways in which the same letters can be typed, and
// drops what no person typed; PostgreSQL refuses a zero byte.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(s)
}

type decoder struct {
	values url.Values
	fault  *fault.Fault
	form   *Form
}

func (d *decoder) fill(v reflect.Value) error {
	t := v.Type()
	for i := range t.NumField() {
		f, at := t.Field(i), v.Field(i)
		if !f.IsExported() && !f.Anonymous {
			continue
		}
		if f.IsExported() {
			if form, ok := at.Addr().Interface().(*Form); ok {
				d.form = form
				continue
			}
		}
		tag, ok := f.Tag.Lookup("form")
		if !ok {
			if f.Type.Kind() == reflect.Struct {
				if err := d.fill(at); err != nil {
					return err
				}
			}
			continue
		}
		name, rest, _ := strings.Cut(tag, ",")
		options := strings.Split(rest, ",")
		if err := d.field(name, options, at); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}

func (d *decoder) field(name string, options []string, at reflect.Value) error {
	list := d.values[name]
	raw, required := has(options, "raw"), has(options, "required")
	if raw {
		d.values.Del(name)
	} else {
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
	}
	if at.Kind() == reflect.Slice && !reads(at) {
		out := reflect.MakeSlice(at.Type(), 0, len(list))
		for _, s := range list {
			if s == "" {
				continue
			}
			one := reflect.New(at.Type().Elem()).Elem()
			key, err := set(one, s)
			if err != nil {
				return err
			}
			if key != "" {
				d.fault.With(name, key, "Value", s)
				continue
			}
			out = reflect.Append(out, one)
		}
		at.Set(out)
		if required && out.Len() == 0 {
			d.fault.With(name, "web.form.required")
		}
		return nil
	}
	s := ""
	if len(list) > 0 {
		s = list[0]
	}
	if s == "" {
		at.SetZero()
		if required {
			d.fault.With(name, "web.form.required")
		}
		return nil
	}
	key, err := set(at, s)
	if key != "" {
		at.SetZero()
		d.fault.With(name, key, "Value", s)
	}
	return err
}

func has(options []string, o string) bool {
	for _, x := range options {
		if x == o {
			return true
		}
	}
	return false
}

func reads(at reflect.Value) bool {
	_, ok := at.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}

// set reads s into at. key is the message when s cannot be read; err is a
// mistake of ours, a type that forms do not have.
func set(at reflect.Value, s string) (key string, err error) {
	switch p := at.Addr().Interface().(type) {
	case *points.Points:
		if *p, err = points.Parse(s); err != nil {
			return "web.form.number", nil
		}
		return "", nil
	case encoding.TextUnmarshaler:
		if p.UnmarshalText([]byte(s)) != nil {
			switch at.Type().Name() {
			case "Date":
				return "web.form.date", nil
			case "Instant":
				return "web.form.instant", nil
			}
			return "web.form.unreadable", nil
		}
		return "", nil
	}
	switch at.Kind() {
	case reflect.String:
		at.SetString(s)
	case reflect.Bool:
		at.SetBool(s != "0" && s != "false" && s != "off" && s != "no")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, at.Type().Bits())
		if err != nil {
			return "web.form.integer", nil
		}
		at.SetInt(n)
	default:
		return "", fmt.Errorf("forms have no %s", at.Type())
	}
	return "", nil
}
