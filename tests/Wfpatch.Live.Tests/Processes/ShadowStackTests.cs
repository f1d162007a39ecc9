// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Linux;
using Xunit;

namespace Wfpatch.Live.Tests.Processes;

/// <summary>How a thread's shadow stack is seen, from texts as the kernel writes them (Linux 6.6, Documentation/arch/x86/shstk.rst): neither the kernel
/// nor the processor of these tests has them.</summary>
public sealed class ShadowStackTests
{
    [Theory]
    [InlineData("x86_Thread_features:\tshstk \nx86_Thread_features_locked:\tshstk wrss ", true)]
    [InlineData("x86_Thread_features:\tshstk wrss \nx86_Thread_features_locked:\t", true)]
    [InlineData("x86_Thread_features:\twrss shstk", true)]
    [InlineData("x86_Thread_features:\t\nx86_Thread_features_locked:\tshstk wrss ", false)]
    [InlineData("x86_Thread_features:\t", false)]
    [InlineData("Name:\tshstk", false)]
    [InlineData("", false)]
    public void A_status_shows_it_or_not(string more, bool expected) =>
        Assert.Equal(expected, ProcFs.ShowsShadowStack(["Name:\tserver", "Threads:\t1", .. more.Split('\n'), "nonvoluntary_ctxt_switches:\t0"]));
}
