// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

public sealed class MemcachedClientTests
{
    private static readonly byte[] Old = "VERSION 1"u8.ToArray();

    [Fact]
    public async Task The_real_memcached_gives_no_wrong_reply()
    {
        await using MemcachedServer server = await MemcachedServer.StartAsync(2, TestContext.Current.CancellationToken);
        using MemcachedClient client = new(server.Port, 1, Old);
        Reply[] replies = [.. Enumerable.Range(0, 2000).Select(number => client.Exchange(number))];
        Assert.Equal(250, replies.Count(reply => reply == Reply.New)); // it is not version 1
        Assert.Equal(1750, replies.Count(reply => reply == Reply.Plain));
    }

    [Fact]
    public void A_changed_value_is_a_wrong_reply()
    {
        using ScriptedServer server = new("STORED\r\n", $"VALUE wf1:0 0 128\r\n{new string('x', 128)}\r\nEND\r\n");
        using MemcachedClient client = new(server.Port, 1, Old);
        Assert.Equal(Reply.Plain, client.Exchange(0));
        Assert.Equal(Reply.Wrong, client.Exchange(1));
    }

    [Fact]
    public void A_value_that_was_stored_must_be_found()
    {
        using ScriptedServer server = new("END\r\n", "STORED\r\n", "END\r\n");
        using MemcachedClient client = new(server.Port, 1, Old);
        Assert.Equal(Reply.Plain, client.Exchange(1));
        Assert.Equal(Reply.Plain, client.Exchange(0));
        Assert.Equal(Reply.Wrong, client.Exchange(1));
    }

    [Fact]
    public void After_a_new_version_an_old_one_is_mixed()
    {
        using ScriptedServer server = new("VERSION 1\r\n", "VERSION 2\r\n", "VERSION 1\r\n", "ERROR\r\n");
        using MemcachedClient client = new(server.Port, 1, Old);
        Assert.Equal([Reply.Old, Reply.New, Reply.Mixed, Reply.Wrong], Enumerable.Range(0, 4).Select(number => client.Exchange((8 * number) + 7)));
    }

    [Fact]
    public void A_lost_connection_is_an_exception()
    {
        using ScriptedServer server = new();
        using MemcachedClient client = new(server.Port, 1, Old);
        Assert.Throws<SocketException>(() => client.Exchange(0));
    }
}
