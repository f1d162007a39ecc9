// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Experiments;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments;

/// <summary>`lab all`; what it runs has tests of its own.</summary>
public sealed class AllCommandTests
{
    [Fact]
    public async Task What_cannot_be_meant_is_a_usage_error_before_anything_begins() =>
        Assert.Equal(2, await new AllCommand(new(["nonsense"], "local"), Quick: true).RunAsync(TestContext.Current.CancellationToken));
}
