// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Experiments;
using Wfpatch.Lab.Servers;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments;

/// <summary>`lab servers` in a short form: real servers under load, patched and taken back.</summary>
public sealed class LabServerTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData("memcached")]
    [InlineData("apache")]
    public async Task A_server_is_patched_while_it_serves(string name)
    {
        ILabServer server = ServersCommand.All.Single(s => s.Name == name);
        ServerResult result = await ServersCommand.RunAsync(server, Window, TestContext.Current.CancellationToken);
        output.WriteLine(ServerResult.ToJson([result]));
        Assert.True(result.IsGood, ServerResult.ToJson([result]));
    }
}
