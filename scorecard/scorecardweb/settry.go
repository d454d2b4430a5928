package scorecardweb

import "net/url"

func tryURL(id, code string) string {
	return setURL(id) + "/try?" + url.Values{"code": {code}}.Encode()
}
