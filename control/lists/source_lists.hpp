// Which sources are on which of the operator's lists, who put them there, and until when.
//
// A source can be on a list for several reasons at once, its origins: the list's file says so, the operator
// said so, or it failed to log in too often. Each has its own end, and the source stays while any holds. What
// the data plane needs to know, one set of bits for each prefix, goes out through ListSink.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "control/config/numbered.hpp"
#include "control/config/policy.hpp"
#include "control/events/event_bus.hpp"
#include "control/events/list_knowledge.hpp"

namespace honeyswitch::control {

class ListSink {
  public:
    /// `lists`: bit i set: it is on list i; 0: on none any more. False: no room; nothing was changed.
    [[nodiscard]] virtual bool set_listed(Ipv4Prefix prefix, std::uint64_t lists) = 0;

  protected:
    ListSink() = default;
    ListSink(const ListSink&) = default;
    ListSink& operator=(const ListSink&) = default;
    ~ListSink() = default;
};

using Origin = ListOrigin;

/// A source on a list, as the operator sees it.
struct ListedSource {
    std::string list;
    Ipv4Prefix prefix;
    std::vector<std::string> origins;
    std::optional<Milliseconds> remaining;  ///< until the last origin lapses; none: it stays

    friend bool operator==(const ListedSource&, const ListedSource&) = default;
};

/// A source that the operator or a log has put on a list, by one of the two.
struct PutSource {
    std::string list;
    Ipv4Prefix prefix;
    Origin origin = Origin::by_operator;
    std::optional<TimePoint> until;  ///< none: it stays

    friend bool operator==(const PutSource&, const PutSource&) = default;
};

struct ListedPage {
    std::vector<ListedSource> rows;
    std::optional<Ipv4Address> next;  ///< where the following page begins; none: this was the last
};

/// Control thread. A list is known by its number, which is also its bit in the sink.
class SourceLists final : public ListKnowledge {
  public:
    /// `capacity`: prefixes in all, however many lists each is on; `events` is told of files that found no
    /// room. Precondition: the numbers differ, and are below limits::lists.
    SourceLists(std::span<const Numbered<SourceList>> lists, std::size_t capacity, ListSink& sink,
                EventBus& events);

    /// The file of this list now says this, and nothing of what it said before. It is only queued: tick()
    /// puts it into force, what is new before what is gone is taken out, so that no source that stays has a
    /// gap.
    void replace_from_file(std::size_t list, std::vector<Ipv4Prefix> prefixes);

    /// `lifetime`: none: for good. What this origin said before of the same source is replaced, but a log
    /// never shortens it. Errors (a sentence): no such list, no such prefix may be listed, no room.
    /// Precondition: the origin is not `file`.
    [[nodiscard]] std::expected<void, std::string> add(std::string_view list, Ipv4Prefix prefix,
                                                       std::optional<Milliseconds> lifetime, Origin origin,
                                                       TimePoint now);
    /// Takes it off, whoever but the file put it there. Errors (a sentence): no such list, not on it, or it
    /// is in the file; nothing was changed.
    [[nodiscard]] std::expected<void, std::string> remove(std::string_view list, Ipv4Prefix prefix);

    /// A bounded portion of what is due: sources whose time is over, and what replace_from_file() and
    /// reconfigure() have queued.
    void tick(TimePoint now);
    /// There is more of it: tick() again before long.
    [[nodiscard]] bool busy() const { return !jobs_.empty() || more_expired_; }

    /// Lists that are gone are out of sight at once, and their sources are taken out by tick(); until then
    /// refers_to() says so. Precondition: a new list has a number that nothing refers to.
    void reconfigure(std::span<const Numbered<SourceList>> lists);
    /// The sink may have something of this list.
    [[nodiscard]] bool refers_to(std::uint8_t list) const {
        const bool queued =
            std::ranges::any_of(jobs_, [list](const FileJob& job) { return job.list == list; });
        return queued || lists_.at(list).size != 0 || !unwritten_.empty();
    }

    /// In order of prefix, from the network address `from` on. A page ends after `limit` rows, and those
    /// that have the same network address as its last one.
    [[nodiscard]] ListedPage entries(Ipv4Address from, std::size_t limit, TimePoint now) const;
    /// All that others than its file have put on the list: what a reload without it forgets. Looks at every
    /// source that is listed.
    [[nodiscard]] std::vector<PutSource> put_sources(std::string_view list) const;
    /// One look-up for each length of prefix that is listed.
    [[nodiscard]] std::optional<ListedBy> attacker(Ipv4Address source) const override;
    /// Prefixes on this list.
    [[nodiscard]] std::size_t size(std::size_t list) const { return lists_.at(list).size; }
    /// Prefixes in all: what `capacity` limits.
    [[nodiscard]] std::size_t prefixes() const { return prefixes_; }
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    /// Sources that were refused for lack of room, since the start.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    /// Of each of tick()'s two duties.
    static constexpr std::size_t portion = 256;

    struct List {
        std::string name;  ///< empty: there is no such list, or no longer
        std::filesystem::path file;
        std::size_t size = 0;
        bool attackers = true;  ///< those on it are diverted
    };
    struct Key {
        Ipv4Prefix prefix;
        std::size_t list = 0;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    /// Until when the operator and the log want it; TimePoint::max(): for good.
    struct Row {
        std::uint32_t file = 0;  ///< number of the replace_from_file() that last had it; 0: none
        std::optional<TimePoint> by_operator, auth_log;

        /// Of those that hold, the one that somebody has decided last.
        [[nodiscard]] Origin origin() const {
            if (by_operator) return Origin::by_operator;
            return auth_log ? Origin::auth_log : Origin::file;
        }
        [[nodiscard]] bool empty() const { return file == 0 && !by_operator && !auth_log; }
        /// When the next origin lapses; TimePoint::max(): never.
        [[nodiscard]] TimePoint due() const;
        /// When the last one does.
        [[nodiscard]] TimePoint end() const;
    };
    /// What a file says, on its way into force, or what becomes of a list that is gone. Rows are marked with
    /// its number; then those that have an older one are no longer in the file.
    struct FileJob {
        enum class Step : std::uint8_t { add, take_out, add_again, take_all_out };
        std::size_t list = 0;
        std::uint32_t number = 0;
        std::vector<Ipv4Prefix> prefixes;
        std::vector<Ipv4Prefix> without_room;  ///< tried again once the old ones are out
        Step step = Step::add;
        std::size_t next = 0;
        Key seen;  ///< take_out has looked at all rows before this one
    };

    [[nodiscard]] std::expected<std::size_t, std::string> find(std::string_view list) const;
    [[nodiscard]] Row row_at(const Key& key) const;
    [[nodiscard]] std::uint64_t bits_of(Ipv4Prefix prefix) const;

    /// The only place where a row begins, changes or ends. False: it would be new, and there is no room.
    bool set(const Key& key, const Row& row);
    bool insert(const Key& key, const Row& row);
    void erase(std::map<Key, Row>::iterator row);
    void write(Ipv4Prefix prefix);

    void expire(TimePoint now);
    void work(FileJob& job);
    void add_some(FileJob& job, std::vector<Ipv4Prefix>& prefixes);
    void take_out_some(FileJob& job);
    [[nodiscard]] bool look_at_some(FileJob& job);
    void finish(const FileJob& job);

    void leave(std::size_t list);

    std::array<List, limits::lists> lists_;  ///< by number
    std::size_t capacity_;
    ListSink& sink_;
    EventBus& events_;
    std::map<Key, Row> rows_;
    std::set<std::pair<TimePoint, Key>> due_;  ///< each row that an origin of will lapse, once
    std::set<Ipv4Prefix> unwritten_;           ///< the sink refused their last change
    std::deque<FileJob> jobs_;
    std::uint32_t last_number_ = 0;
    std::size_t prefixes_ = 0;
    std::array<std::size_t, 33> by_length_{};  ///< rows, by the length of their prefix
    std::uint64_t refused_ = 0;
    bool more_expired_ = false;
};

}  // namespace honeyswitch::control
