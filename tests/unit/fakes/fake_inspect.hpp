// A switch to look at, made of plain tables.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "control/inspect/inspect.hpp"

namespace honeyswitch::control {

inline Ipv4Address address(const char* text) {
    return parse_address(text).value();
}
inline Ipv4Prefix prefix(const char* text) {
    return parse_prefix(text).value();
}
inline TimePoint at(std::int64_t milliseconds) {
    return TimePoint{Milliseconds{milliseconds}};
}

/// A session of TCP from `source`:40000 to `destination`:22.
inline SessionRow session_row(std::uint32_t flow, const char* source, const char* destination) {
    SessionRow row;
    row.flow = FlowId{flow};
    row.honeypot = "main";
    auto& key = row.stats.key;
    key.outside = Be32::from_host(address(source).value);
    key.inside = Be32::from_host(address(destination).value);
    key.outside_port = Be16::from_host(40'000);
    key.inside_port = Be16::from_host(22);
    key.protocol = 6;
    row.stats.path.source = {2, 0, 0, 0, 0, 1};
    row.stats.path.destination = {2, 0, 0, 0, 0, 2};
    row.stats.created = at(1'000);
    row.stats.last_seen = at(61'500);
    row.stats.packets_in = 5;
    row.stats.bytes_in = 420;
    row.stats.packets_out = 4;
    row.stats.bytes_out = 340;
    return row;
}

class FakeInspect : public Inspect {
  public:
    std::vector<SessionRow> session_rows;  ///< in order of flow
    std::vector<ActiveRow> active_rows;    ///< in order of address
    std::vector<DomainRow> domain_rows;
    std::vector<AgentRow> agent_rows;
    std::vector<HoneypotRow> honeypot_rows;
    std::vector<PoolRow> pool_rows;
    std::vector<ListRow> list_rows;
    std::vector<LogRow> log_rows;
    std::vector<RuleRow> rule_rows;
    std::vector<ListEntryRow> entry_rows;
    std::vector<ProgressRow> progress_rows;
    StepCounts report_totals{};
    Stats stats_row;
    std::vector<HistoryRow> history_rows;  ///< the latest first
    std::vector<DifferenceRow> difference_rows;
    DiversionState diversion_state{};
    mutable std::size_t reads = 0;         ///< calls of any kind
    mutable std::size_t longest_page = 0;  ///< that was asked for

    [[nodiscard]] Stats stats(TimePoint /*now*/) const override {
        ++reads;
        auto stats = stats_row;
        stats.idle_timeout = idle_timeout();
        return stats;
    }
    [[nodiscard]] std::vector<PortRow> ports() const override {
        ++reads;
        return stats_row.ports;
    }
    [[nodiscard]] SessionPage sessions(std::uint32_t cursor, std::size_t limit,
                                       TimePoint /*now*/) const override {
        return page_of<SessionPage>(session_rows, cursor, limit);
    }
    [[nodiscard]] ActivePage active(Ipv4Address from, std::size_t limit) const override {
        ++reads;
        ActivePage page;
        for (const auto& row : active_rows) {
            if (row.address < from) continue;
            if (page.rows.size() == limit) {
                page.next = row.address;
                break;
            }
            page.rows.push_back(row);
        }
        return page;
    }
    [[nodiscard]] DomainPage domains(Ipv4Address from, std::size_t limit) const override {
        ++reads;
        DomainPage page;
        for (const auto& row : domain_rows) {
            if (row.prefix.network < from) continue;
            if (page.rows.size() >= limit) {
                page.next = row.prefix.network;
                break;
            }
            page.rows.push_back(row);
        }
        return page;
    }
    [[nodiscard]] std::vector<DomainRow> domains_around(Ipv4Prefix prefix) const override {
        std::vector<DomainRow> rows;
        for (const auto& row : domain_rows)
            if (row.prefix != prefix && row.prefix.contains(prefix)) rows.push_back(row);
        return rows;
    }
    [[nodiscard]] std::vector<AgentRow> agents() const override {
        ++reads;
        return agent_rows;
    }
    [[nodiscard]] std::vector<HoneypotRow> honeypots() const override {
        ++reads;
        return honeypot_rows;
    }
    [[nodiscard]] std::vector<PortRow> port_names() const override { return stats_row.ports; }
    [[nodiscard]] std::vector<PoolRow> pools() const override {
        ++reads;
        return pool_rows;
    }
    [[nodiscard]] std::vector<ListRow> lists() const override {
        ++reads;
        return list_rows;
    }
    [[nodiscard]] std::vector<LogRow> logs() const override {
        ++reads;
        return log_rows;
    }
    [[nodiscard]] RulePage rules(std::uint32_t cursor, std::size_t limit) const override {
        return page_of<RulePage>(rule_rows, cursor, limit);
    }
    [[nodiscard]] ListEntryPage list_entries(std::uint32_t cursor, std::size_t limit,
                                             TimePoint /*now*/) const override {
        return page_of<ListEntryPage>(entry_rows, cursor, limit);
    }
    /// Looks at the running sessions first, in one page: rows begin at cursor 1.
    [[nodiscard]] ProgressPage progress(ProgressBy by, std::uint32_t cursor, std::size_t limit,
                                        TimePoint /*now*/) const override {
        if (cursor == 0) return {.rows = {}, .totals = {}, .next = 1};
        std::vector<ProgressRow> wanted;
        std::ranges::copy_if(progress_rows, std::back_inserter(wanted),
                             [&](const auto& row) { return row.by == by; });
        auto page = page_of<ProgressPage>(wanted, cursor - 1, limit);
        if (page.next) ++*page.next;
        page.totals = report_totals;
        return page;
    }
    [[nodiscard]] HistoryPage history(std::uint32_t cursor, std::size_t limit) const override {
        return page_of<HistoryPage>(history_rows, cursor, limit);
    }
    [[nodiscard]] DifferencePage differences(std::uint32_t cursor, std::size_t limit) const override {
        return page_of<DifferencePage>(difference_rows, cursor, limit);
    }
    [[nodiscard]] Milliseconds idle_timeout() const override { return Milliseconds{60'000}; }
    [[nodiscard]] DiversionState diversion() const override { return diversion_state; }

  private:
    /// The cursor is the index of a row.
    template <typename Page>
    Page page_of(const auto& rows, std::uint32_t cursor, std::size_t limit) const {
        ++reads;
        longest_page = std::max(longest_page, limit);
        Page page;
        for (std::size_t i = cursor; i < rows.size(); ++i) {
            if (page.rows.size() == limit) {
                page.next = static_cast<std::uint32_t>(i);
                break;
            }
            page.rows.push_back(rows[i]);
        }
        return page;
    }
};

}  // namespace honeyswitch::control
