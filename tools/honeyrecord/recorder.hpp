// honeyrecord put together: the switch's events go to each output.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/system/descriptor.hpp"
#include "base/system/event_loop.hpp"
#include "base/system/service_manager.hpp"
#include "tools/honeyrecord/config/record_config.hpp"
#include "tools/honeyrecord/outputs.hpp"
#include "tools/honeyrecord/switch_source.hpp"

namespace honeyswitch::record {

/// One thread reads events and signals; each output has its own.
class Recorder {
  public:
    /// The configuration as the command line and the file say it now. Errors: sentences.
    using Reread = std::function<std::expected<RecordConfig, std::string>()>;

    /// Opens the outputs. Errors: which of them cannot be written, and why.
    [[nodiscard]] static std::expected<std::unique_ptr<Recorder>, std::string> create(RecordConfig config,
                                                                                      Reread reread);
    /// Until SIGTERM or SIGINT; what waits then is written. SIGHUP opens the files by their names again and
    /// takes on what the configuration says now.
    [[nodiscard]] std::expected<void, std::string> run();

  private:
    Recorder(RecordConfig config, Reread reread, EventLoop loop, Descriptor signals);

    [[nodiscard]] std::expected<void, std::string> open_outputs();
    void publish(const EventPointer& event);
    void take_signals();
    void renew();
    void report(Clock::time_point now);
    [[nodiscard]] std::string status() const;

    RecordConfig config_;
    Reread reread_;
    EventLoop loop_;
    Descriptor signals_;
    ServiceManager manager_ = ServiceManager::of_environment();
    std::unique_ptr<LinesOutput> lines_{};
    std::unique_ptr<StoreOutput> store_{};
    std::unique_ptr<FeedOutput> feed_{};
    std::unique_ptr<Outlet> to_lines_{}, to_store_{}, to_feed_{};
    std::unique_ptr<SwitchSource> source_{};
    Clock::time_point report_due_{};
    bool stopping_ = false;
};

}  // namespace honeyswitch::record
