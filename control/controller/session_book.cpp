#include "control/controller/session_book.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace honeyswitch::control {
namespace {

/// All that may be done at once before agents and operators are listened to again.
constexpr std::size_t portion = 256;
/// Likewise of ends that somebody is told of.
constexpr std::size_t told_portion = 64;
/// Likewise of places that are only looked at.
constexpr std::size_t walk_portion = 8'192;

Ipv4Address source_of(const SessionKey& key) {
    return {key.outside.host()};
}

Step next(Step step) {
    return static_cast<Step>(std::to_underlying(step) + 1);
}

}  // namespace

SessionBook::SessionBook(const Switch& the_switch, ControlCounters& counters, EventBus& events,
                         Milliseconds idle_timeout, std::uint32_t reputation_capacity,
                         std::span<const Tier> tiers)
    : flows_(the_switch.flows),
      accounts_(the_switch.accounts),
      placement_(the_switch.placement),
      counters_(counters),
      events_(events),
      wheel_(the_switch.flows.session_capacity(), idle_timeout),
      origins_(the_switch.flows.session_capacity()),
      numbers_(events.wall()),
      reputations_(reputation_capacity, tiers),
      tiers_(tiers.begin(), tiers.end()) {}

void SessionBook::reconfigure(Milliseconds idle_timeout, std::uint32_t reputation_capacity,
                              std::span<const Tier> tiers, bool tiers_differ) {
    wheel_.set_timeout(idle_timeout);
    if (!tiers_differ) return;
    former_.push_back({std::exchange(reputations_, SourceReputation(reputation_capacity, tiers)), {}});
    tiers_.assign(tiers.begin(), tiers.end());
}

std::optional<FlowId> SessionBook::add(const SessionFlow& session, bool diverted_before, TimePoint now) {
    const auto flow = flows_.add_session(session, now);
    if (!flow) return std::nullopt;
    wheel_.insert(*flow, now);
    counters_.add(ControlCounter::session_added);
    if (!diverted_before) tally_->add(session.key, Step::first_packet);
    if (tiers_.empty()) return flow;
    const Ipv4Address destination{session.key.inside.host()};
    if (reputations_.session_began(source_of(session.key), destination, now))
        move(source_of(session.key), now);
    return flow;
}

std::optional<FlowId> SessionBook::add_unaccounted(SessionFlow session, TimePoint now) {
    session.progress = session.counted = Step::payload;
    const auto flow = flows_.add_session(session, now);
    if (flow) wheel_.insert(*flow, now);
    return flow;
}

std::optional<FlowId> SessionBook::restore(const SessionRecord& session) {
    const auto flow = flows_.restore_session(session);
    if (!flow) return std::nullopt;
    wheel_.insert(*flow, session.stats.last_seen);
    origin_of(*flow) = {};
    origin_of(*flow).forget_reason();
    origin_of(*flow).flow_id = session.flow_id != 0 ? session.flow_id : numbers_.take();
    counters_.add(ControlCounter::session_restored);
    return flow;
}

void SessionBook::begun(FlowId flow, const SessionFlow& session, const SessionOrigin& origin, TimePoint now) {
    SessionOrigin& kept = origin_of(flow);
    kept = origin;
    kept.flow_id = numbers_.take();
    kept.naming = events_.naming();
    if (!events_.wanted(EventType::session_begin)) return;
    events_.publish(SessionBegun{.session = {.key = session.key,
                                             .flow_id = kept.flow_id,
                                             .flow = std::to_underlying(flow),
                                             .created = now.time_since_epoch(),
                                             .honeypot = {std::to_underlying(session.honeypot)},
                                             .path = session.path},
                                 .origin = kept});
}

PoolId SessionBook::pool_for(Ipv4Address source, PoolId pool, TimePoint now) const {
    if (tiers_.empty()) return pool;
    return static_cast<PoolId>(reputations_.pool_for(source, std::to_underlying(pool), now));
}

/// Tells the data plane where this source's packets go. It knows one move of each source: that of the first
/// tier that has something to say; where several begin at different pools, the others hold for sessions
/// alone.
void SessionBook::move(Ipv4Address source, TimePoint now) {
    for (const Tier& tier : tiers_) {
        const auto from = static_cast<PoolId>(tier.from);
        const PoolId to = pool_for(source, from, now);
        if (to == from) continue;
        counters_.add(ControlCounter::source_moved);
        if (placement_.move_source(source, from, to))
            events_.publish(SourceMoved{
                .source = source, .from = {std::to_underlying(from)}, .to = {std::to_underlying(to)}});
        return;
    }
}

void SessionBook::count(const SessionKey& key, Step before, Step after) {
    for (Step step = before; step < after;) tally_->add(key, step = next(step));
}

bool SessionBook::account(FlowId flow, TimePoint now) {
    const auto progress = accounts_.take_progress(flow);
    if (!progress || progress->before == progress->after) return false;
    count(progress->key, progress->before, progress->after);
    if (tiers_.empty() || progress->after != Step::payload) return true;
    if (reputations_.payload_sent(source_of(progress->key), now)) move(source_of(progress->key), now);
    return true;
}

void SessionBook::account(std::uint32_t first, std::uint32_t count, TimePoint now) {
    for (std::uint32_t i = 0; i < count; ++i)
        if (const FlowId flow{first + i}; account(flow, now)) tell_of_step(flow, now);
}

SessionName SessionBook::name_of(FlowId flow, const SessionStats& stats) {
    return {.key = stats.key,
            .flow_id = origin_of(flow).flow_id,
            .flow = std::to_underlying(flow),
            .created = stats.created.time_since_epoch(),
            .honeypot = {std::to_underlying(stats.honeypot)},
            .path = stats.path};
}

/// A worker's clock may be a moment behind this thread's, which has written when the session began.
SessionCourse SessionBook::course_of(FlowId flow, const SessionStats& stats, TimePoint now) {
    const StepTimes times = flows_.step_times(flow, now);
    const auto after = [&](std::optional<TimePoint> moment) -> std::optional<Milliseconds> {
        if (!moment) return std::nullopt;
        return std::max(*moment - stats.created, Milliseconds{0});
    };
    SessionCourse course{.step = stats.progress,
                         .duration = stats.last_seen - stats.created,
                         .answered = after(times.answered),
                         .handshake = after(times.handshake),
                         .payload = after(times.payload),
                         .packets_in = stats.packets_in,
                         .bytes_in = stats.bytes_in,
                         .packets_out = stats.packets_out,
                         .bytes_out = stats.bytes_out};
    if (stats.key.protocol != protocol::tcp || stats.key.kind != dataplane::KeyKind::ports) return course;
    const FirstPacket* const first = origin_of(flow).first();
    const auto of_first = first != nullptr ? first->tcp_flags : std::uint8_t{0};
    course.flags_in = TcpFlags{static_cast<std::uint8_t>(of_first | times.flags_in)};
    course.flags_out = TcpFlags{times.flags_out};
    return course;
}

void SessionBook::tell_of_step(FlowId flow, TimePoint now) {
    if (!events_.wanted(EventType::session_step)) return;
    if (const auto stats = flows_.session(flow, now))
        events_.publish(
            SessionAdvanced{.session = name_of(flow, *stats), .course = course_of(flow, *stats, now)});
}

/// A session has its last word before it is deleted, whatever ended it: all of them go through here.
void SessionBook::tell_of_ends(std::span<const FlowId> flows, TimePoint now) {
    if (!events_.wanted(EventType::session_end)) return;
    for (const FlowId flow : flows) {
        const auto stats = flows_.session(flow, now);
        if (!stats) continue;
        SessionOrigin& origin = origin_of(flow);
        if (origin.naming != events_.naming()) origin.forget_names();
        events_.publish(
            SessionEnded{.session = name_of(flow, *stats),
                         .reason = flows_.ended(flow) ? SessionEndReason::inside : SessionEndReason::idle,
                         .course = course_of(flow, *stats, now),
                         .idle = now - stats->last_seen,
                         .origin = origin});
    }
}

bool SessionBook::tick(TimePoint now) {
    bool busy = take_payloads(now);
    busy = expire(now) || busy;
    busy = forget_former_tiers(now) || busy;
    if (!tiers_.empty())
        reputations_.expire(now, portion, [&](Ipv4Address source) {
            counters_.add(ControlCounter::source_moved_back);
            placement_.move_back(source);
            move(source, now);
        });
    return busy;
}

/// A source that the tiers of today have moved meanwhile is moved again.
bool SessionBook::forget_former_tiers(TimePoint now) {
    if (former_.empty()) return false;
    Former& former = former_.front();
    const bool more =
        former.reputations.each_reached(former.walk, walk_portion, portion, [&](Ipv4Address source) {
            placement_.move_back(source);
            move(source, now);
        });
    if (!more) former_.pop_front();
    return true;
}

bool SessionBook::take_payloads(TimePoint now) {
    std::array<FlowId, portion> flows;
    const std::size_t count = accounts_.take_payloads(flows);
    for (const FlowId flow : std::span(flows).first(count))
        if (account(flow, now)) tell_of_step(flow, now);
    return count != 0;
}

bool SessionBook::expire(TimePoint now) {
    std::array<FlowId, portion> room;
    // Who listens reads a portion a turn as well, and is to miss none.
    const auto expired =
        std::span(room).first(events_.wanted(EventType::session_end) ? told_portion : portion);
    const std::size_t count = wheel_.advance(now, expired, [&](FlowId flow) {
        const bool came_further = account(flow, now);
        const TimePoint seen = flows_.ended(flow) ? TimePoint::min() : accounts_.last_seen(flow, now);
        // Of one that ends, the last word says how far it came.
        if (came_further && seen + wheel_.timeout() > now) tell_of_step(flow, now);
        return seen;
    });
    if (count == 0) return false;
    tell_of_ends(expired.first(count), now);
    flows_.delete_sessions(expired.first(count));
    counters_.add(ControlCounter::session_expired, count);
    return true;
}

}  // namespace honeyswitch::control
