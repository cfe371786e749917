// What the service manager is told: given these turns of workers and of the control thread, expect these
// datagrams.
#include "control/process/service_report.hpp"

#include "tests/unit/fixtures/notify_socket.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::control {
namespace {

constexpr unsigned two_workers = 2;
constexpr Milliseconds third{10'000};  // of the watchdog's interval

struct ServiceReportTest : testing::Test {
    static dataplane::Quiescence made() {
        dataplane::start_eal();
        return dataplane::Quiescence::create(two_workers).value();
    }
    void take_turn(unsigned worker) { grace.quiescent(worker, grace.begun()); }
    void take_turns() {
        for (unsigned worker = 0; worker < two_workers; ++worker) take_turn(worker);
    }
    void run_workers() {
        for (unsigned worker = 0; worker < two_workers; ++worker) grace.online(worker);
    }
    /// Looks, some time later.
    void look(Milliseconds later = {}, bool reloading = false) {
        now += later;
        report.look(reloading, [this] { return words; }, now);
    }
    void make_ready() {
        run_workers();
        look();
        take_turns();
        look();
        EXPECT_EQ(socket.heard(), "READY=1");
        EXPECT_EQ(socket.heard(), "STATUS=forwarding");
    }

    NotifySocket socket;
    dataplane::Quiescence grace = made();
    ServiceReport report{ServiceManager(socket.address(), 3 * third), grace, two_workers};
    std::string words = "forwarding";
    TimePoint now{Milliseconds(1'000)};
};

TEST_F(ServiceReportTest, IsReadyWhenEachWorkerHasTakenATurn) {
    look();
    EXPECT_EQ(socket.heard(), "") << "no worker runs";
    grace.online(0);
    take_turn(0);
    look();
    EXPECT_EQ(socket.heard(), "") << "one of two";
    grace.online(1);
    look();
    look();
    EXPECT_EQ(socket.heard(), "") << "both run, and neither has polled a port";
    take_turn(0);
    look();
    EXPECT_EQ(socket.heard(), "");
    take_turn(1);
    look();
    EXPECT_EQ(socket.heard(), "READY=1");
}

TEST_F(ServiceReportTest, FeedsTheWatchdogWhileAllMove) {
    make_ready();
    for (int i = 0; i < 3; ++i) {
        take_turns();
        look(third - Milliseconds(1));
        EXPECT_EQ(socket.heard(), "") << "it is not time";
        look(Milliseconds(1));
        EXPECT_EQ(socket.heard(), "WATCHDOG=1");
    }
}

TEST_F(ServiceReportTest, DoesNotFeedItWhileAWorkerStandsStill) {
    make_ready();
    for (int i = 0; i < 5; ++i) {
        take_turn(0);
        look(third);
        EXPECT_EQ(socket.heard(), "") << "the other one has taken no turn since";
    }
    take_turn(1);
    look();
    EXPECT_EQ(socket.heard(), "WATCHDOG=1");
}

TEST_F(ServiceReportTest, DoesNotFeedItForAWorkerThatHasEnded) {
    make_ready();
    take_turns();
    grace.offline(1);
    look(third);
    EXPECT_EQ(socket.heard(), "");
}

TEST_F(ServiceReportTest, TellsOfAReload) {
    make_ready();
    look({}, true);
    EXPECT_TRUE(socket.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    look({}, true);
    EXPECT_EQ(socket.heard(), "");
    look();
    EXPECT_EQ(socket.heard(), "READY=1");
}

TEST_F(ServiceReportTest, TellsInWordsWhatHasChanged) {
    make_ready();
    words = "observing";
    look(Milliseconds(1));
    EXPECT_EQ(socket.heard(), "") << "once a second is enough";
    look(Milliseconds(1'000));
    EXPECT_EQ(socket.heard(), "STATUS=observing");
    look(Milliseconds(1'000));
    EXPECT_EQ(socket.heard(), "");
    report.stopping();
    EXPECT_EQ(socket.heard(), "STOPPING=1");
}

TEST_F(ServiceReportTest, TellsAgainWhatDidNotArrive) {
    const ServiceManager stuffed(socket.address());
    int stuffing = 0;
    while (stuffed.tell("x")) ++stuffing;
    run_workers();
    look();
    take_turns();
    look();
    for (int i = 0; i < stuffing; ++i) EXPECT_EQ(socket.heard(), "x");
    look();
    EXPECT_EQ(socket.heard(), "") << "not at each turn";
    look(Milliseconds(1'000));
    EXPECT_EQ(socket.heard(), "READY=1");
}

TEST_F(ServiceReportTest, WithoutAWatchdogItIsNotFed) {
    ServiceReport unwatched{ServiceManager(socket.address()), grace, two_workers};
    run_workers();
    for (int i = 0; i < 20; ++i) {
        take_turns();
        now += third;
        unwatched.look(false, [] { return std::string("w"); }, now);
    }
    EXPECT_EQ(socket.heard(), "READY=1");
    EXPECT_EQ(socket.heard(), "STATUS=w");
    EXPECT_EQ(socket.heard(), "");
}

}  // namespace
}  // namespace honeyswitch::control
