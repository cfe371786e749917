// What an operator sees of pools, rules, lists, and of how far attackers come.
#include <algorithm>

#include "control/process/inspector.hpp"

namespace honeyswitch::control {
namespace {

/// Places of the session table brought up to date for one page of progress.
constexpr std::uint32_t places_a_page = 16'384;
/// Rows of progress that are looked at for one page, with something in them or not.
constexpr std::uint32_t looked_at_a_page = 16'384;
/// Cursors of progress from here on are places of the tally; those below are places of the session table.
constexpr std::uint32_t tally_cursor = 1U << 31;

constexpr std::uint8_t tcp = 6, udp = 17;

HoneypotState state_of(const HoneypotStatus& status) {
    if (!status.up()) return HoneypotState::down;
    return status.arp == CheckState::good ? HoneypotState::up : HoneypotState::unknown;
}

}  // namespace

std::vector<HoneypotRow> Inspector::honeypots() const {
    std::vector<HoneypotRow> rows;
    rows.reserve(config_.honeypots.size());
    for (const auto& [number, configured] : config_.honeypots) {
        HoneypotRow& row = rows.emplace_back(configured);
        const auto status = parts_.honeypots.status(HoneypotId{number});
        row.mac = status.mac;
        row.state = state_of(status);
        row.sessions = parts_.the_switch.flows().sessions_of(HoneypotId{number});
    }
    return rows;
}

std::vector<PoolRow> Inspector::pools() const {
    std::vector<PoolRow> rows;
    rows.reserve(config_.pools.size());
    for (const auto& [number, pool] : config_.pools) rows.push_back(pool);
    for (const HoneypotRow& honeypot : honeypots()) {
        const auto row = std::ranges::find(rows, honeypot.pool, &PoolRow::name);
        if (row == rows.end()) continue;
        ++row->honeypots;
        row->honeypots_up += honeypot.state == HoneypotState::down ? 0 : 1;
        row->sessions += honeypot.sessions;
    }
    return rows;
}

std::vector<ListRow> Inspector::lists() const {
    std::vector<ListRow> rows;
    rows.reserve(config_.lists.size());
    for (const auto& [number, configured] : config_.lists) {
        ListRow& row = rows.emplace_back(configured);
        row.entries = static_cast<std::uint32_t>(parts_.lists.size(number));
    }
    return rows;
}

std::vector<LogRow> Inspector::logs() const {
    std::vector<LogRow> rows;
    for (const auto& log : parts_.watcher.logs())
        rows.push_back({.file = log.file,
                        .list = log.list,
                        .trouble = log.trouble,
                        .lines = log.lines,
                        .of_sshd = log.of_sshd,
                        .failures = log.failures,
                        .listed = log.listed});
    return rows;
}

RulePage Inspector::rules(std::uint32_t cursor, std::size_t limit) const {
    RulePage page;
    const auto& rules = config_.rules;
    const auto& classifier = parts_.plane.classifier().get();
    for (; cursor < rules.size() && page.rows.size() < limit; ++cursor) {
        page.rows.push_back(rules[cursor]);
        page.rows.back().packets = classifier.hits(cursor);
    }
    if (cursor < rules.size()) page.next = cursor;
    return page;
}

/// The cursor is the network address at which a page begins; 0 begins with the first.
ListEntryPage Inspector::list_entries(std::uint32_t cursor, std::size_t limit, TimePoint now) const {
    auto found = parts_.lists.entries({cursor}, limit, now);
    ListEntryPage page;
    for (auto& row : found.rows)
        page.rows.push_back({.list = std::move(row.list),
                             .prefix = row.prefix,
                             .origins = std::move(row.origins),
                             .remaining = row.remaining});
    if (found.next) page.next = found.next->value;
    return page;
}

DifferencePage Inspector::differences(std::uint32_t cursor, std::size_t limit) const {
    DifferencePage page;
    for (; cursor < parts_.differences.size() && page.rows.size() < limit; ++cursor)
        page.rows.push_back({parts_.differences[cursor]});
    if (cursor < parts_.differences.size()) page.next = cursor;
    return page;
}

ProgressPage Inspector::progress(ProgressBy by, std::uint32_t cursor, std::size_t limit,
                                 TimePoint now) const {
    if (cursor >= tally_cursor) return progress_rows(by, cursor - tally_cursor, limit);
    const std::uint32_t capacity = parts_.the_switch.flows().session_capacity();
    const std::uint32_t count = std::min(places_a_page, capacity - std::min(cursor, capacity));
    parts_.controller.sessions().account(cursor, count, now);
    const bool all = cursor + count >= capacity;
    return {.rows = {}, .totals = {}, .next = all ? tally_cursor : cursor + count};
}

ProgressPage Inspector::progress_rows(ProgressBy by, std::uint32_t cursor, std::size_t limit) const {
    using Tally = dataplane::ProgressTally;
    constexpr std::uint32_t transports = 2;
    const auto places =
        static_cast<std::uint32_t>(by == ProgressBy::port ? transports * Tally::ports : Tally::networks);
    ProgressPage page{.rows = {}, .totals = totals(), .next = std::nullopt};
    std::uint32_t looked = 0;
    for (; cursor < places && page.rows.size() < limit && looked < looked_at_a_page; ++cursor, ++looked) {
        const auto number = static_cast<std::uint16_t>(cursor);
        const auto transport = static_cast<Tally::Transport>(cursor / Tally::ports);
        ProgressRow row{.by = by};
        const auto add = [&](const Tally& tally) {
            for (std::size_t i = 0; i < dataplane::step_count; ++i) {
                const auto step = static_cast<dataplane::Step>(i);
                row.steps.at(i) += by == ProgressBy::port ? tally.of_port(step, transport, number)
                                                          : tally.of_network(step, number);
            }
        };
        add(parts_.controller.sessions().tally());
        for (const auto& worker : parts_.plane.workers()) add(worker->tally());
        if (row.steps[0] == 0) continue;
        row.protocol = transport == Tally::Transport::tcp ? tcp : udp;
        row.port = number;
        row.network = Ipv4Prefix::of({std::uint32_t{number} << 16}, 16);
        page.rows.push_back(row);
    }
    if (cursor < places) page.next = tally_cursor + cursor;
    return page;
}

StepCounts Inspector::totals() const {
    StepCounts counts{};
    const auto add = [&](const dataplane::ProgressTally& tally) {
        for (std::size_t i = 0; i < counts.size(); ++i)
            counts.at(i) += tally.total(static_cast<dataplane::Step>(i));
    };
    add(parts_.controller.sessions().tally());
    for (const auto& worker : parts_.plane.workers()) add(worker->tally());
    return counts;
}

}  // namespace honeyswitch::control
