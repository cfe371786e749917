#include "control/process/control_plane.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "control/compose/ports_part.hpp"
#include "control/dpdk/prefix_of.hpp"
#include "control/process/machine_check.hpp"

namespace honeyswitch::control {
namespace {

/// A signal that asks to stop waits for the loop to take it: all of them are blocked.
bool stop_is_pending() {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

WallTime wall_time() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

WallMilliseconds wall_clock() {
    return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

bool ControlPlane::ListedSink::set_listed(Ipv4Prefix prefix, std::uint64_t lists) {
    const dataplane::Prefix place = prefix_of(prefix);
    return table_.set(place, table_.at(place).with_lists(lists));
}

std::expected<ControlSockets, Error> ControlSockets::open(const SocketsConfig& config) {
    auto notices = NoticeSocket::open(config.notice_address, config.notice_port);
    if (!notices) return std::unexpected(notices.error());
    const auto groups = OperatorGroups::find(config.change_group, config.read_group);
    if (!groups) return std::unexpected(groups.error());
    auto operators = OperatorServer::listen_on(config.operators, *groups);
    if (!operators) return std::unexpected(operators.error());
    return ControlSockets{std::move(*notices), std::move(*operators), *groups};
}

ControlPlane::ControlPlane(Config config, ConfigNumbers numbers, RunningParts parts,
                           std::vector<std::string> arguments, dataplane::DataPlane& plane,
                           rte_mempool& buffers, NoticeSocket socket, TimePoint now)
    : config_(std::move(config)),
      numbers_(std::move(numbers)),
      events_(now, wall_clock(), names_of(numbers_)),
      heartbeat_timeout_(parts.heartbeat_timeout),
      plane_(plane),
      switch_(plane, buffers),
      controller_(std::move(parts.controller), switch_.pieces(), events_),
      diversion_(switch_, controller_, events_),
      honeypots_(plane, switch_, events_, std::move(parts.honeypots)),
      sink_(plane.sources()),
      lists_(parts.lists, parts.source_capacity, sink_, events_),
      watcher_(lists_, parts.lists, parts.auth_logs, events_, now),
      kept_(state_file(config_, "operator-entries")),
      socket_(std::move(socket)),
      notices_(parts.agents, controller_, events_, parts.agent_timeout,
               [this](std::span<const std::uint8_t> datagram, NoticePath to) { socket_.send(datagram, to); }),
      keeper_(plane.ports()),
      links_({config_.link_state, config_.link_state_wait, link_pairs(config_)}, plane.ports(),
             port_names(config_), keeper_),
      history_(state_file(config_, "history")),
      state_({numbers_, controller_, switch_, honeypots_, notices_, plane_, events_},
             state_file(config_, "sessions"), std::move(parts.state)),
      inspector_({numbers_, controller_, switch_, notices_, honeypots_, lists_, watcher_, plane, keeper_,
                  links_, insurance_, history_, differences_, diversion_, state_, now},
                 std::move(parts.shown)),
      reloader_(std::move(arguments)),
      ports_(port_names(config_)),
      listen_address_(parts.listen_address, is_local_address) {
    events_.set_names(inspector_.event_names());
    controller_.set_lists(&lists_);
}

std::expected<std::unique_ptr<ControlPlane>, Error> ControlPlane::create(Config config,
                                                                         std::vector<std::string> arguments,
                                                                         dataplane::DataPlane& plane,
                                                                         rte_mempool& buffers,
                                                                         ControlSockets sockets) {
    const TimePoint now(Milliseconds(static_cast<std::int64_t>(plane.clock().now_ms())));
    ConfigNumbers numbers;
    const auto given = numbers.numbers_for(config);
    if (!given) return std::unexpected(Error{"number", "what is configured", given.error().front()});
    numbers.adopt(config, *given, now);
    auto parts = running_parts(config, *given);
    auto classifier = dataplane::Classifier::build(parts.classifier, parts.workers);
    if (!classifier) return std::unexpected(classifier.error());
    (void)plane.classifier().swap(std::move(*classifier));  // nobody reads the empty one yet
    const auto modes = parts.modes;
    std::unique_ptr<ControlPlane> control(new ControlPlane(std::move(config), std::move(numbers),
                                                           std::move(parts), std::move(arguments), plane,
                                                           buffers, std::move(sockets.notices), now));
    control->diversion_.configure(modes);
    // All is in force when the first packet comes, unless somebody wants to stop: the loop will see to that.
    if (auto begun = control->controller_.start(now, stop_is_pending); !begun)
        return std::unexpected(begun.error());
    control->restore_kept_entries(now);
    do control->lists_.tick(now);
    while (control->lists_.busy() && !stop_is_pending());
    control->state_.restore(wall_clock(), now);
    auto operators = OperatorServer::serve(std::move(sockets.operators),
                                           {.inspect = &control->inspector_,
                                            .operate = control.get(),
                                            .events = &control->events_,
                                            .latest_events = &control->latest_events_},
                                           sockets.groups);
    if (!operators) return std::unexpected(operators.error());
    control->operators_ = std::make_unique<OperatorServer>(std::move(*operators));
    return control;
}

bool ControlPlane::turn(TimePoint now) {
    const auto now_ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
    plane_.heartbeat().beat(now_ms);
    plane_.forget_old_flows(now_ms);
    plane_.let_go();
    const auto wall = wall_clock();
    events_.set_time(now, wall);
    switch_.packet_outs().begin_turn();
    if (auto held_up = turns_.look(now, heartbeat_timeout_))
        events_.publish(
            ModeChanged{.mode = ModeWord::failed_open, .told = {Gravity::warning, std::move(*held_up)}});
    bool busy = handle_packet_ins(now);
    busy = controller_.tick(now) || busy;
    switch_.reclaim();
    tell_of_admission();
    diversion_.tick();
    notices_.tick(now);
    busy = busy || notices_.unsettled();  // an agent waits, and a worker's round is short
    honeypots_.tick(now);
    for (LinkChanged& link : links_.look(now)) events_.publish(std::move(link));
    const bool next_second = now - each_second_ >= Milliseconds{1000};
    if (next_second) {
        each_second_ = now;
        watcher_.tick(now);
        kept_.tick(wall_time());
        free_numbers(now);
        tell_of_ports(now);
        tell_of_losses(now);
        tell_of_contained(now);
        tell_of_listen_address(now);
        lines_.tick(now);
    }
    state_.tick(wall, now);
    put_lost_sources_back(now);
    lists_.tick(now);
    busy = busy || lists_.busy() || !lost_sources_.empty();
    finish_comparison();
    if (reload_state_.phase == ReloadState::Phase::running) go_on_with_reload(now);
    busy = operators_->tick(now) || busy;
    if (next_second) look_at_insurance(now);
    switch_.packet_outs().flush();
    return busy;
}

bool ControlPlane::handle_packet_ins(TimePoint now) {
    std::array<PacketIn, PacketIns::burst> packets;
    bool any = false;
    for (std::size_t worker = 0; worker < plane_.workers().size(); ++worker) {
        const std::size_t count = switch_.packet_ins().receive(packets, honeypots_, now);
        for (const PacketIn& packet : std::span(packets).first(count)) controller_.packet_in(packet, now);
        any = any || count != 0;
    }
    switch_.packet_outs().settle();
    return any;
}

void ControlPlane::save_state() {
    const TimePoint now(Milliseconds(static_cast<std::int64_t>(plane_.clock().now_ms())));
    events_.set_time(now, wall_clock());
    state_.save_all(wall_clock(), now);
}

void ControlPlane::restore_kept_entries(TimePoint now) {
    kept_.only(config_.lists);
    std::size_t restored = 0;
    for (const auto& [key, until] : kept_.entries()) {
        std::optional<Milliseconds> lifetime;
        if (until) lifetime = *until - wall_time();
        if (lifetime && *lifetime <= Milliseconds{0}) continue;
        const auto added = lists_.add(key.first, key.second, lifetime, Origin::by_operator, now);
        restored += added ? 1 : 0;
        if (added) continue;
        events_.publish(
            ListChanged{.action = ListAction::refused,
                        .list = key.first,
                        .source = key.second,
                        .told = {Gravity::error, fmt::format("list {}: {}", key.first, added.error())}});
    }
    if (restored == 0) return;
    events_.publish(
        ListChanged{.action = ListAction::restored,
                    .told = {.text = fmt::format("lists: {} entries of the operator's are back", restored)}});
}

std::expected<std::vector<std::string>, std::string> ControlPlane::link_up(std::string_view link,
                                                                           std::string_view who,
                                                                           TimePoint now) {
    auto changes = links_.let_up(link, now, who);
    if (!changes) return std::unexpected(std::move(changes.error()));
    std::vector<std::string> ports;
    for (LinkChanged& change : *changes) {
        ports.push_back(plane_.layout().links() == 1
                            ? change.port
                            : fmt::format("{} of link {}", change.port, change.link));
        events_.publish(std::move(change));
    }
    return ports;
}

void ControlPlane::tell_of_ports(TimePoint now) {
    std::vector<PortLook> looks;
    for (std::size_t i = 0; i < plane_.ports().size(); ++i) {
        const auto index = static_cast<dataplane::PortIndex>(i);
        const dataplane::Port& port = plane_.ports()[i];
        looks.push_back({.link_up = port.link_up(),
                         .held = links_.policy().explains(i),
                         .times_down = port.times_down(),
                         .counted = plane_.statistics(index),
                         .tx_dropped = plane_.dropped_at(index)});
    }
    auto news = ports_.look(looks, now);
    for (LinkChanged& link : news.links) events_.publish(std::move(link));
    for (PacketsLost& lost : news.losses) events_.publish(std::move(lost));
    for (std::string& sentence : keeper_.take())
        events_.publish(
            LinkChanged{.state = LinkState::changed, .told = {Gravity::warning, std::move(sentence)}});
}

void ControlPlane::tell_of_losses(TimePoint now) {
    const std::array losses{
        Loss{"outside_dropped_overload",
             "new flows to inactive addresses are dropped, as more packets come than can be carried",
             plane_.counted(dataplane::Counter::outside_dropped_overload)},
    };
    for (PacketsLost& lost : losses_.look(losses, now)) events_.publish(std::move(lost));
}

void ControlPlane::tell_of_contained(TimePoint now) {
    std::vector<ContainedWatch::Count> counts;
    for (const auto& info : dataplane::counter_info)
        if (info.name.starts_with("honeypot_contained"))
            counts.push_back({info.name, plane_.counted(info.id)});
    for (const auto& info : control_counter_info)
        if (info.name.starts_with("packet_in_contained"))
            counts.push_back(
                {info.name, controller_.counters().value(info.id) + switch_.counters().value(info.id)});
    for (PacketsContained& sum : contained_.look(counts, now)) events_.publish(std::move(sum));
}

void ControlPlane::tell_of_listen_address(TimePoint now) {
    auto sentence = listen_address_.look(now);
    if (!sentence) return;
    const bool here = listen_address_.here();
    events_.publish(
        ModeChanged{.mode = here ? ModeWord::reachable : ModeWord::out_of_reach,
                    .told = {here ? Gravity::information : Gravity::warning, std::move(*sentence)}});
}

void ControlPlane::tell_of_admission() {
    const bool handshake = controller_.admission().handshake();
    if (std::exchange(handshake_told_, handshake) == handshake) return;
    events_.publish(ModeChanged{
        .mode = handshake ? ModeWord::handshake : ModeWord::first_packet,
        .told = {.text = fmt::format("admission: {} ({} of {} sessions)",
                                     handshake ? "from now on a session begins with a whole handshake"
                                               : "a session begins with its first packet again",
                                     switch_.flows().session_count(), switch_.flows().session_capacity())}});
}

std::vector<int> ControlPlane::descriptors() const {
    std::vector<int> all{socket_.descriptor(), operators_->fd()};
    if (watcher_.descriptor() >= 0) all.push_back(watcher_.descriptor());
    return all;
}

void ControlPlane::serve(int descriptor, TimePoint now) {
    if (descriptor == operators_->fd()) return operators_->service(now);
    if (descriptor == watcher_.descriptor()) return watcher_.service(now);
    socket_.receive([&](std::span<const std::uint8_t> datagram, NoticePath from) {
        notices_.receive(datagram, from, now);
    });
}

std::expected<void, std::string> ControlPlane::list_add(std::string_view list, Ipv4Prefix prefix,
                                                        std::optional<Milliseconds> lifetime, TimePoint now) {
    auto added = lists_.add(list, prefix, lifetime, Origin::by_operator, now);
    if (!added) return added;
    std::optional<WallTime> until;
    if (lifetime) until = wall_time() + std::chrono::ceil<std::chrono::seconds>(*lifetime);
    kept_.put(std::string(list), prefix, until);
    return added;
}

std::expected<void, std::string> ControlPlane::list_remove(std::string_view list, Ipv4Prefix prefix) {
    auto removed = lists_.remove(list, prefix);
    if (removed) kept_.remove(std::string(list), prefix);
    return removed;
}

}  // namespace honeyswitch::control
