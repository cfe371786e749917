// Outputs that are slow, and a switch that comes and goes.
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/system/unix_socket.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"
#include "tests/unit/tools/honeyrecord/events.hpp"
#include "tools/honeyrecord/outlet.hpp"
#include "tools/honeyrecord/switch_source.hpp"

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;

/// An output whose disk hangs until it is let go.
class HangingOutput final : public Output {
  public:
    void write(std::span<const EventPointer> events, WallTime /*now*/) override {
        std::unique_lock lock(mutex_);
        hangs_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return let_go_; });
        for (const auto& event : events) written.push_back(event);
    }
    void tick(WallTime /*now*/) override {}
    void wait_until_it_hangs() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return hangs_; });
    }
    void let_go() {
        const std::lock_guard lock(mutex_);
        let_go_ = true;
        changed_.notify_all();
    }
    std::vector<EventPointer> written;  // read it when the outlet has ended

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool hangs_ = false, let_go_ = false;
};

TEST(Outlet, WhatFindsNoRoomIsAGapAndNobodyWaits) {
    HangingOutput output;
    {
        Outlet outlet(output, 10);
        outlet.push(begin_event(0, 0));
        output.wait_until_it_hangs();
        for (unsigned i = 1; i <= 15; ++i) outlet.push(begin_event(i, i));
        EXPECT_EQ(outlet.waiting(), 10U);
        EXPECT_EQ(outlet.overrun(), 5U);
        output.let_go();
    }
    ASSERT_EQ(output.written.size(), 12U);
    for (unsigned i = 0; i <= 10; ++i) EXPECT_EQ(output.written[i]->body["flow"], i);
    EXPECT_EQ(output.written[11]->type, "gap");
    EXPECT_EQ(output.written[11]->body["events"], 5);
    EXPECT_EQ(output.written[11]->body["cause"], "slow");
}

TEST(Outlet, ItsEndWritesWhatWaitsAndDoesWhatWasPosted) {
    HangingOutput output;
    output.let_go();
    bool done = false;
    {
        Outlet outlet(output, 100'000);
        for (unsigned i = 0; i < 20'000; ++i) outlet.push(begin_event(i, 0));
        outlet.post([&] { done = true; });
    }
    EXPECT_EQ(output.written.size(), 20'000U);
    EXPECT_TRUE(done);
}

/// The switch's end of the socket.
class FakeSwitch {
  public:
    explicit FakeSwitch(const std::filesystem::path& path)
        : listener_(UnixListener::listen_on(path, {.attempted = "listen on"}).value()) {}

    bool accepts() {
        peer_ = Descriptor(accept(listener_.fd(), nullptr, nullptr));
        return static_cast<bool>(peer_);
    }
    std::string request() {
        std::string text(1000, '\0');
        const auto size = recv(peer_.get(), text.data(), text.size(), 0);
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }
    void say(const std::string& text) {
        ASSERT_EQ(send(peer_.get(), text.data(), text.size(), 0), std::ssize(text));
    }
    void hang_up() { peer_ = Descriptor(); }

  private:
    UnixListener listener_;
    Descriptor peer_;
};

class Source : public testing::Test {
  protected:
    /// A turn of the loop, which does not wait for what will not come.
    void turn() {
        now += 1s;
        source.turn(now);
        (void)loop.wait(Clock::now() + 1ms);
    }

    TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "control.sock";
    EventLoop loop = EventLoop::create().value();
    std::vector<EventPointer> events;
    SwitchSource source{loop, path, [this](EventPointer event) { events.push_back(std::move(event)); }};
    Clock::time_point now = Clock::now();
};

constexpr const char* accepted = "{\"next\":null,\"rows\":[]}\n";

TEST_F(Source, WaitsForTheSwitchAndComesBackToIt) {
    turn();
    EXPECT_FALSE(source.connected());
    {
        FakeSwitch peer(path);
        turn();
        ASSERT_TRUE(peer.accepts());
        EXPECT_EQ(peer.request(), "{\"command\":\"subscribe\",\"past\":false,\"follow\":true}\n");
        const auto line = begin_event(1, 0)->body.dump() + "\n";
        peer.say(accepted + line.substr(0, 40));
        turn();
        EXPECT_TRUE(source.connected());
        ASSERT_EQ(events.size(), 1U);
        EXPECT_EQ(events[0]->body["cause"], "not_running");
        peer.say(line.substr(40) + "puzzling\n" + line);
        turn();
        EXPECT_EQ(source.events(), 2U) << "what is not understood is left out";
        EXPECT_EQ(events.size(), 3U);
        peer.hang_up();
        turn();
        EXPECT_FALSE(source.connected());
    }
    turn();
    FakeSwitch restarted(path);
    turn();
    turn();
    ASSERT_TRUE(restarted.accepts());
    restarted.say(accepted);
    turn();
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[3]->body["cause"], "disconnected");
    EXPECT_TRUE(events[3]->body.contains("since"));
}

TEST_F(Source, ASwitchThatRefusesIsAskedAgain) {
    FakeSwitch peer(path);
    turn();
    ASSERT_TRUE(peer.accepts());
    peer.say("{\"error\":\"8 clients listen already\"}\n");
    turn();
    EXPECT_FALSE(source.connected());
    EXPECT_TRUE(events.empty());
    turn();
    turn();
    EXPECT_TRUE(peer.accepts());
}

}  // namespace
}  // namespace honeyswitch::record
