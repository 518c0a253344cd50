//! Words of what administrators do with a running agent.

words! {
    /// `kyso log`, `kyso restart`, and what `kyso status` says of the agent itself.
    OperationWords {
        about_log: "Xem hoặc đổi mức ghi của dịch vụ đang chạy", "See or change how much the running agent logs";
        log_level: "warn (chỉ điều cần để ý), info (và những gì xảy ra) hoặc debug (và từng lời gọi); đến khi dịch vụ khởi động lại", "warn (what to look at), info (and what happens) or debug (and every call); until the agent starts anew";
        level_is: "Mức ghi: {level}", "Log level: {level}";
        about_log_level: "Đổi mức ghi", "Change the level";
        about_log_show: "In các dòng cuối", "Print the last lines";

        about_restart: "Khởi động lại dịch vụ: cửa sổ đang chờ được trả lời xong trước", "Start the agent anew, after the windows that wait for an answer";
        replace: "Thay dịch vụ đang chạy, sau khi các cửa sổ đang chờ được trả lời xong", "Take the place of the running agent, after the windows that wait for an answer";
        closing: "không nhận yêu cầu mới; chờ {n} yêu cầu đang dở rồi dừng", "takes no more requests and stops after the {n} under way";
        removed: "Kyso đã được gỡ khỏi máy này", "Kyso was removed from this machine";
        waits_for_old: "Dịch vụ cũ còn {n} yêu cầu đang dở: chờ xong rồi thay.", "Requests that the old agent still has under way and that are waited for: {n}.";
        not_replaced: "Dịch vụ cũ vẫn chưa dừng. Xem «kyso status».", "The old agent has not stopped yet. See 'kyso status'.";
        restarted: "Dịch vụ mới đang chạy.", "The new agent runs.";
        not_restarted: "Dịch vụ mới chưa chạy. Xem «kyso status» và «journalctl --user -u kyso».", "The new agent does not run yet. See 'kyso status' and 'journalctl --user -u kyso'.";

        agent: "Kyso {version} · cổng {port} · chạy được {up} · mức ghi {level}", "Kyso {version} · port {port} · up {up} · log level {level}";
        up: "{days} ngày {hours} giờ {minutes} phút", "{days} d {hours} h {minutes} min";
        last_ones: "Sắp dừng: không nhận yêu cầu mới, còn {n} yêu cầu đang dở", "About to stop: takes no more requests, {n} under way";
    }
}
