// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

public sealed class SampleClientTests
{
    [Theory]
    [InlineData("v1 v1 v1 v1 birch score=840", Reply.Old)]
    [InlineData("v2 v2 v2 v2 birch score=840 grade=high", Reply.New)]
    [InlineData("v1000 v1000 v1000 v1000 birch score=840", Reply.New)]
    [InlineData("v1 v1 v2 v2 birch score=840 grade=high", Reply.Mixed)]
    [InlineData("v1 v2 v1 v1 birch score=840", Reply.Mixed)]
    [InlineData("v1 v1 v1 birch score=840", Reply.Wrong)]
    [InlineData("v1 v1 v1 v1 cedar score=840", Reply.Wrong)]
    [InlineData("v1 v1 v1 v1 birch score=841", Reply.Wrong)]
    [InlineData("v1 v1 v1 v1 birch score=8401", Reply.Wrong)]
    [InlineData("v1 v1 v1 v1 birch score=840x", Reply.Wrong)]
    [InlineData("v1 v1 v1 v1", Reply.Wrong)]
    [InlineData("", Reply.Wrong)]
    public void A_reply_is_judged_by_versions_and_value(string line, Reply expected) =>
        Assert.Equal(expected, SampleClient.Judge("key7"u8, Encoding.ASCII.GetBytes(line)));

    [Fact]
    public async Task The_sample_server_answers_every_key_right()
    {
        await using SampleServer server = await SampleServer.StartAsync(2, TestContext.Current.CancellationToken);
        using SampleClient client = new(server.Port);
        Assert.All(Enumerable.Range(0, 1000), number => Assert.Equal(Reply.Old, client.Exchange(number)));
        Assert.Equal(1000, (await server.ReportAsync(TestContext.Current.CancellationToken)).Old);
    }
}
