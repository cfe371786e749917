#include "tools/honeyrecord/recorder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;

constexpr auto report_interval = 10s;

/// Before there are other threads, as they inherit what is blocked.
Descriptor signal_reader() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&signals, number);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return Descriptor(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

/// What only a restart can change, and was changed.
std::string held_back(const RecordConfig& before, const RecordConfig& now) {
    std::string names;
    for (const auto& setting : record_settings())
        if (!setting.at_run_time && setting.show(before) != setting.show(now))
            names += fmt::format("{}{}", names.empty() ? "" : ", ", setting.option());
    return names;
}

/// What holds after a reload: the new values of what can be changed, the others as they were.
RecordConfig merged(const RecordConfig& before, const RecordConfig& now) {
    RecordConfig result = now;
    for (const auto& setting : record_settings())
        if (!setting.at_run_time) {
            // What it shows it also takes.
            [[maybe_unused]] const auto taken = setting.set(result, setting.show(before));
        }
    return result;
}

}  // namespace

Recorder::Recorder(RecordConfig config, Reread reread, EventLoop loop, Descriptor signals)
    : config_(std::move(config)),
      reread_(std::move(reread)),
      loop_(std::move(loop)),
      signals_(std::move(signals)) {}

std::expected<std::unique_ptr<Recorder>, std::string> Recorder::create(RecordConfig config, Reread reread) {
    auto loop = EventLoop::create();
    if (!loop) return std::unexpected(loop.error().message());
    auto signals = signal_reader();
    if (!signals) return std::unexpected(fmt::format("cannot watch signals: {}", std::strerror(errno)));
    std::unique_ptr<Recorder> recorder(
        new Recorder(std::move(config), std::move(reread), std::move(*loop), std::move(signals)));
    if (auto opened = recorder->open_outputs(); !opened) return std::unexpected(opened.error());
    return recorder;
}

std::expected<void, std::string> Recorder::open_outputs() {
    if (!config_.lines_file.empty()) {
        auto file = LineFile::open(lines_part(config_));
        if (!file) return std::unexpected(file.error().message());
        lines_ = std::make_unique<LinesOutput>(std::move(*file));
        to_lines_ = std::make_unique<Outlet>(*lines_, config_.queue);
    }
    if (!config_.store_file.empty()) {
        auto store = SessionStore::open(store_part(config_));
        if (!store) return std::unexpected(store.error());
        store_ = std::make_unique<StoreOutput>(std::move(*store));
        to_store_ = std::make_unique<Outlet>(*store_, config_.queue);
    }
    if (!config_.feed_file.empty()) {
        BlockFeed feed(feed_part(config_));
        take_up(feed, config_, wall_now());
        if (auto written = feed.write(wall_now()); !written)
            return std::unexpected("cannot write " + written.error());
        feed_ = std::make_unique<FeedOutput>(std::move(feed));
        to_feed_ = std::make_unique<Outlet>(*feed_, config_.queue);
    }
    source_ = std::make_unique<SwitchSource>(loop_, config_.socket,
                                             [this](const EventPointer& event) { publish(event); });
    return {};
}

void Recorder::publish(const EventPointer& event) {
    if (to_lines_) to_lines_->push(event);
    if (to_store_) to_store_->push(event);
    if (to_feed_) to_feed_->push(event);
}

void Recorder::take_signals() {
    signalfd_siginfo info{};
    while (read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP)
            renew();
        else
            stopping_ = true;
    }
}

void Recorder::renew() {
    (void)manager_.tell("RELOADING=1");
    const auto now = reread_();
    if (now) {
        if (const auto names = held_back(config_, *now); !names.empty())
            spdlog::warn("these need a restart, and stay as they were: {}", names);
        config_ = merged(config_, *now);
        spdlog::set_level(spdlog::level::from_str(config_.log_level));
        spdlog::info("the configuration was read anew, and files are opened by their names again");
    } else {
        spdlog::error("the configuration stays as it was: {}", now.error());
    }
    if (to_lines_) to_lines_->post([this, part = lines_part(config_)] { lines_->renew(part); });
    if (to_store_) to_store_->post([this, part = store_part(config_)] { store_->renew(part); });
    if (to_feed_) to_feed_->post([this, part = feed_part(config_)] { feed_->renew(part); });
    (void)manager_.tell("READY=1");
}

std::string Recorder::status() const {
    const auto lost = [](const auto& outlet, const auto& output) {
        return outlet ? outlet->overrun() + output->health().unwritten() : 0;
    };
    return fmt::format("{}; {} events came, {} are missing in the lines, {} in the store",
                       source_->connected() ? "the switch tells its events" : "waits for the switch",
                       source_->events(), lost(to_lines_, lines_), lost(to_store_, store_));
}

void Recorder::report(Clock::time_point now) {
    if (now < report_due_) return;
    report_due_ = now + report_interval;
    (void)manager_.tell("STATUS=" + status());
}

std::expected<void, std::string> Recorder::run() {
    if (const auto added = loop_.add(signals_.get(), [this] { take_signals(); }); !added)
        return std::unexpected(added.error().message());
    (void)manager_.tell("READY=1");
    while (!stopping_) {
        const auto now = Clock::now();
        source_->turn(now);
        report(now);
        (void)loop_.wait(std::min(source_->due(), report_due_));
    }
    (void)manager_.tell("STOPPING=1");
    spdlog::info("stopping: {}", status());
    source_->close();
    to_lines_.reset();
    to_store_.reset();
    to_feed_.reset();
    return {};
}

}  // namespace honeyswitch::record
