// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Obstacles;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>What is said of each reason, as a table: Yama and lost capabilities are not to be had on every machine.</summary>
public sealed class AccessDenialTests
{
    /// <summary>Its ids, ours, CAP_SYS_PTRACE, kernel.yama.ptrace_scope (-1: no Yama); ids are real, effective, saved.</summary>
    [Theory]
    [InlineData("7 7 7", "7 7 7", false, 1, "ancestors")]
    [InlineData("7 7 7", "7 7 7", false, 2, "only root")]
    [InlineData("7 7 7", "7 7 7", false, 3, "all tracing")]
    [InlineData("7 7 7", "0 0 0", true, 3, "all tracing")]
    [InlineData("7 7 7", "0 0 0", true, 2, "user namespace")]
    [InlineData("7 7 7", "0 0 0", true, 1, "user namespace")]
    [InlineData("7 7 7", "0 0 0", false, 1, "CAP_SYS_PTRACE")]
    [InlineData("0 0 0", "0 0 0", false, -1, "CAP_SYS_PTRACE")]
    [InlineData("7 7 7", "9 9 9", true, 1, "user namespace")]
    [InlineData("7 7 7", "9 9 9", false, 1, "another user")]
    [InlineData("7 7 7", "9 9 9", false, 0, "another user")]
    [InlineData("7 0 0", "7 7 7", false, 0, "setuid")]
    [InlineData("7 9 7", "7 7 7", false, 1, "setuid")]
    [InlineData("7 7 7", "7 7 7", false, 0, "dumpable")]
    [InlineData("7 7 7", "7 7 7", false, -1, "dumpable")]
    public void The_reason_is_named(string its, string ours, bool mayTrace, int scope, string says)
    {
        string reason = AccessDenial.Explain(new AccessFacts([.. its.Split(' ')], [.. ours.Split(' ')], mayTrace, scope < 0 ? null : scope));
        Assert.Contains(says, reason, StringComparison.Ordinal);
        Assert.Equal(scope > 0 && says is "ancestors" or "only root" or "all tracing", reason.Contains($"ptrace_scope is {scope}", StringComparison.Ordinal));
    }

    /// <summary>Where the kernel has Yama, what it says is what is read.</summary>
    [Fact]
    public void Yama_is_seen()
    {
        const string File = "/proc/sys/kernel/yama/ptrace_scope";
        Assert.SkipUnless(System.IO.File.Exists(File), "this kernel has no Yama");
        Assert.InRange(MemoryGroup.ReadNumber(File)!.Value, 0UL, 3UL);
    }
}
