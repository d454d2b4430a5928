package demo

// Reasons as officers write them. They are data of the demonstration, like the
// names of persons, and not texts of the product.
var (
	declines = []string{
		"Không thuộc thẩm quyền giải quyết của UBND cấp xã",
		"Thành phần hồ sơ nộp không đúng thủ tục",
		"Người nộp không có quyền yêu cầu theo quy định",
	}
	asks = []string{
		"Thiếu bản sao giấy tờ chứng minh nơi cư trú",
		"Tờ khai chưa ký, chưa ghi đủ thông tin",
		"Bản chụp giấy tờ không đọc được",
		"Thiếu văn bản uỷ quyền",
	}
	fieldAsks = []string{
		"Bổ sung trích đo bản đồ địa chính thửa đất",
		"Chưa có xác nhận ranh giới của các hộ liền kề",
		"Bản vẽ chưa thể hiện mốc giới, chỉ giới",
		"Bổ sung giấy tờ về nguồn gốc sử dụng đất",
	}
	duties     = []string{"Thông báo nộp tiền sử dụng đất, lệ phí trước bạ", "Thông báo nộp thuế thu nhập cá nhân, lệ phí trước bạ"}
	refusals   = []string{"Không đủ điều kiện theo quy định", "Kết quả xác minh không phù hợp với nội dung đề nghị", "Đất đang có tranh chấp, chưa giải quyết xong"}
	unsupplied = "Quá thời hạn mà người nộp không bổ sung hồ sơ"
	withdrawn  = "Người nộp đề nghị rút hồ sơ"
	apologies  = []string{
		"Hồ sơ phải xác minh thực địa nhiều lần",
		"Chờ ý kiến của cơ quan phối hợp",
		"Lượng hồ sơ tăng cao, cán bộ phụ trách kiêm nhiệm",
		"Hệ thống phần mềm gián đoạn",
	}
	complaints = []string{"Phản ánh thời gian chờ lâu", "Phản ánh phải đi lại nhiều lần", "Phản ánh thái độ hướng dẫn"}
	reversals  = "Đã kiểm tra, phản ánh không có cơ sở"
)
