// Feeds SourceLists: list files as they change, and sources that fail to log in according to sshd's logs.
//
// A list file that is gone or broken leaves what it said before in force: an editor deletes a file and writes
// it anew, and in between nobody must be off a list. To empty a list, empty its file.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/system/file_stamp.hpp"
#include "base/system/folder_watch.hpp"
#include "control/lists/failure_counter.hpp"
#include "control/lists/list_file.hpp"
#include "control/lists/log_tail.hpp"
#include "control/lists/log_understanding.hpp"
#include "control/lists/source_lists.hpp"

namespace honeyswitch::control {

/// A log that is followed, as the operator sees it.
struct FollowedLog {
    std::string file, list;
    std::string trouble{};       ///< why it is not followed; empty: it is
    std::uint64_t lines = 0;     ///< read since it was named
    std::uint64_t of_sshd = 0;   ///< of these: lines of sshd
    std::uint64_t failures = 0;  ///< logins that failed
    std::uint64_t listed = 0;    ///< sources that went on the list for it

    friend bool operator==(const FollowedLog&, const FollowedLog&) = default;
};

/// Control thread. Each call reads at most a portion of one list and one of one log, but for the constructor,
/// which reads all files.
class ListWatcher {
  public:
    /// `logs` name their list by its index in `lists`; `sources` was made of the same, and outlives this.
    ListWatcher(SourceLists& sources, std::span<const Numbered<SourceList>> lists,
                std::span<const AuthLog> logs, EventBus& events, TimePoint now);

    /// Can be read when service() has something to do; -1: never, tick() has to suffice.
    [[nodiscard]] int descriptor() const { return wakeup_.get(); }
    /// Call when the descriptor can be read.
    void service(TimePoint now);
    /// Call once a second: for file systems that inotify does not see, and for folders that appear.
    void tick(TimePoint now);

    /// After SourceLists::reconfigure() with the same lists. All files are read again; logs are followed from
    /// where they were, and new ones from their end.
    void reconfigure(std::span<const Numbered<SourceList>> lists, std::span<const AuthLog> logs,
                     TimePoint now);

    [[nodiscard]] std::vector<FollowedLog> logs() const;
    /// A file of a list is being read, or is about to be.
    [[nodiscard]] bool reading() const {
        return std::ranges::any_of(lists_, [](const ListFile& list) { return list.load || list.due; });
    }

  private:
    /// A file saved several times is read when that is over, or has gone on for long enough.
    static constexpr Milliseconds settle_time{200}, patience{2'000};
    static constexpr std::size_t portion = 65'536;

    struct Load {
        Descriptor file;
        ListParser parser;
    };
    struct ListFile {
        std::size_t list = 0;  ///< its number
        std::string name;
        std::filesystem::path file;
        bool ever_read = false;
        bool of_another_file = false;        ///< what is on the list, as the configuration named that before
        std::optional<TimePoint> changed{};  ///< the first time since it was last read
        std::optional<TimePoint> due{};      ///< when it has to be read
        std::optional<Load> load{};          ///< it is being read
        std::optional<FileStamp> stamp{};    ///< of what was read last
        std::optional<FileStamp> seen{};     ///< at the last tick
    };
    struct Log {
        AuthLog config;
        std::string list;
        LogTail tail;
        FailureCounter failures;
        LogUnderstanding understanding{};
        std::uint64_t counted = 0, listed = 0;  ///< failures; sources that went on the list for them
        int reported = 0;                       ///< error of the tail
        bool more = false;                      ///< there is, or may be, something to read
    };

    void open_wakeup();
    void take_lists(std::span<const Numbered<SourceList>> lists, TimePoint now);
    void take_log(const AuthLog& config, const std::string& list, std::vector<Log>& old_logs);
    void note_change(const std::filesystem::path& file, std::uint32_t mask, TimePoint now);
    static void note_change(ListFile& list, std::uint32_t mask, TimePoint now);
    static void look_at(ListFile& list, TimePoint now);

    void work(TimePoint now);
    void begin(ListFile& list);
    /// Nothing of the file can be used.
    void give_up(ListFile& list, const ListComplaint& error);
    void go_on(ListFile& list, Load& load);
    void follow(Log& log, TimePoint now);
    void tell(const Log& log, ListAction action, Told told) const;
    void count(Log& log, std::string_view line, TimePoint now);
    /// Makes the descriptor readable when there is something to go on with.
    void set_timer(TimePoint now) const;

    SourceLists& sources_;
    EventBus& events_;
    FolderWatch folders_;
    Descriptor timer_;
    Descriptor wakeup_;  ///< an epoll of the other two
    std::vector<ListFile> lists_;
    std::vector<Log> logs_;
    std::size_t next_list_ = 0, next_log_ = 0;  ///< whose turn it is
};

}  // namespace honeyswitch::control
