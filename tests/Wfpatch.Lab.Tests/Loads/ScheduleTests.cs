// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

public sealed class ScheduleTests
{
    [Fact]
    public void Connections_share_the_rate_and_take_turns() =>
        (from count in Gen.Int[1, 32] from rate in Gen.Double[100, 100_000] select (count, rate)).Check(sample =>
        {
            double all = 1e9 / sample.rate;
            for (int index = 0; index < sample.count; index++)
            {
                Schedule schedule = Schedule.OfConnection(index, sample.count, sample.rate, 1000);
                Assert.Equal(1000 + (all * index), schedule.DueNs(0), 2.0);
                Assert.Equal(1000 + (all * (index + (100.0 * sample.count))), schedule.DueNs(100), 2.0);
            }
        });
}
