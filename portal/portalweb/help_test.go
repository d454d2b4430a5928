package portalweb_test

import (
	"testing"

	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// unsettled is a row of the national catalogue whose limit cannot be read.
const unsettled = `code,name,level,sector,sector_code,resolved_time,resolved_basis,online_level,channels,fee_direct_raw,fee_online_raw,n_components,n_component_groups,time_value,time_unit,case_times,type,decision,f_after15h,f_reset,f_pause,f_close,f_apology,f_fin_obligation,f_hard_area_extra,f_non_territorial,f_time_differs_by_channel
1.000110,Thủ tục đăng ký khai sinh có yếu tố nước ngoài,Cấp Xã,Hộ tịch,,,,unknown,DO,,,4,1,1,see_description,,TTHC được luật giao quy định chi tiết,528/QĐ-BTP,,,,,,,,,
`

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, o *dossiertest.Office, code string) {
	t.Helper()
	do(t, o.Desk.Finish(t.Context(), o.Specialist, code, dossier.Result{}))
}
