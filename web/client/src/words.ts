import type { OwnCode, Retry } from "./types.js";

type Words = readonly [retry: Retry, vi: string, viHint: string, en: string, enHint: string];

/** What this client says: its own codes, and three of the API's that it can find by itself. */
export const WORDS: Record<OwnCode | "origin_missing" | "pairing_required" | "signature_invalid", Words> = {
  not_installed: [
    "after_user",
    "Không tìm thấy Kyso trên máy này.",
    "Cài Kyso, hoặc khởi động Kyso nếu đã cài, rồi thử lại.",
    "Kyso was not found on this computer.",
    "Install Kyso, or start it if it is installed, then try again.",
  ],
  not_running: [
    "after_user",
    "Kyso chưa chạy.",
    "Khởi động Kyso rồi thử lại.",
    "Kyso is not running.",
    "Start Kyso, then try again.",
  ],
  permission_pending: [
    "after_user",
    "Trình duyệt đang chờ bạn cho phép trang này kết nối với phần mềm trên máy.",
    "Chọn Cho phép trong câu hỏi của trình duyệt rồi thử lại.",
    "The browser waits for you to let this page reach programs on this computer.",
    "Choose Allow in the browser's question, then try again.",
  ],
  permission_denied: [
    "after_user",
    "Trình duyệt không cho trang này kết nối với phần mềm trên máy.",
    "Bấm biểu tượng bên trái thanh địa chỉ, cho phép truy cập mạng cục bộ rồi tải lại trang. Nếu trang nằm trong khung, trang ngoài phải có thuộc tính allow.",
    "The browser does not let this page reach programs on this computer.",
    "Click the icon to the left of the address, allow local network access and reload. Inside a frame, the outer page must grant it with the allow attribute.",
  ],
  mixed_content: [
    "after_user",
    "Trình duyệt này chỉ kết nối với Kyso qua TLS.",
    "Chạy lệnh kyso tls enable rồi tải lại trang, hoặc dùng Chrome, Edge hay Firefox.",
    "This browser reaches Kyso over TLS only.",
    "Run kyso tls enable and reload the page, or use Chrome, Edge or Firefox.",
  ],
  version_too_old: [
    "never",
    "Phiên bản Kyso trên máy này không hợp với trang.",
    "Cập nhật Kyso lên bản mới nhất rồi thử lại.",
    "The version of Kyso on this computer does not suit this page.",
    "Update Kyso to the newest version, then try again.",
  ],
  identity_changed: [
    "never",
    "Phần mềm trả lời không phải Kyso mà trang này đã kết nối.",
    "Không tiếp tục. Báo bộ phận công nghệ thông tin; nếu Kyso vừa được cài lại, hãy kết nối lại từ đầu.",
    "What answers is not the Kyso that this page was paired with.",
    "Do not go on. Tell your IT department; if Kyso was just installed anew, pair again from the start.",
  ],
  insecure_context: [
    "never",
    "Trang này không có địa chỉ https nên không được kết nối với Kyso.",
    "Mở trang bằng địa chỉ https.",
    "This page has no https address, so it can't reach Kyso.",
    "Open it by its https address.",
  ],
  pairing_refused: [
    "after_user",
    "Bạn đã không cho trang này kết nối với Kyso.",
    "Thử lại và chọn Cho phép trong cửa sổ Kyso nếu bạn tin trang này.",
    "You did not let this page ask Kyso.",
    "Try again and choose Allow in Kyso's window if you trust this page.",
  ],
  connection_lost: ["now", "Mất kết nối với Kyso.", "Thử lại.", "The connection to Kyso was lost.", "Try again."],
  cancelled: [
    "now",
    "Trang đã hủy yêu cầu.",
    "Thực hiện lại nếu vẫn cần.",
    "The page cancelled the request.",
    "Start again if it is still wanted.",
  ],
  origin_missing: [
    "never",
    "Khung chứa trang này không cho biết trang đến từ đâu.",
    "Trang ngoài phải thêm allow-same-origin vào thuộc tính sandbox.",
    "The frame around this page hides where the page comes from.",
    "The outer page must add allow-same-origin to its sandbox attribute.",
  ],
  pairing_required: [
    "after_user",
    "Trang chưa được kết nối với Kyso.",
    "Kết nối lại trang.",
    "This page is not paired with Kyso.",
    "Pair it again.",
  ],
  signature_invalid: [
    "never",
    "Kết quả nhận được không khớp với yêu cầu, nên đã bị loại bỏ.",
    "Thử lại; nếu vẫn lỗi, báo bộ phận công nghệ thông tin.",
    "What came back does not fit the request, so it was thrown away.",
    "Try again; if it stays, tell your IT department.",
  ],
};
