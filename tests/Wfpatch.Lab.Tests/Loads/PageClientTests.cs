// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;
using Wfpatch.Lab.Loads;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

public sealed class PageClientTests
{
    private static readonly HttpDialogue Dialogue = new("/page", "Cookie: a=b\r\n", "S/1", "S/2", "text", "text");

    [Fact]
    public void Status_header_and_content_must_be_right()
    {
        using ScriptedServer server = new(Reply200("S/1", "text"), Reply200("S/2", "text"), Reply200("S/3", "text"), Reply200("S/1", "texx"),
            "HTTP/1.1 404 Not Found\r\nServer: S/1\r\nContent-Length: 4\r\n\r\n");
        using PageClient client = new(server.Port, Dialogue);
        Assert.Equal([Reply.Old, Reply.New, Reply.Wrong, Reply.Wrong, Reply.Wrong], Enumerable.Range(0, 5).Select(number => client.Exchange(number)));
    }

    [Fact]
    public void Versions_can_differ_in_the_content_alone()
    {
        using ScriptedServer server = new(Reply200("any", "one"), Reply200("any", "two"), Reply200("any", "three"));
        using PageClient client = new(server.Port, new("/", "", null, null, "one", "two"));
        Assert.Equal([Reply.Old, Reply.New, Reply.Wrong], Enumerable.Range(0, 3).Select(number => client.Exchange(number)));
    }

    [Fact]
    public void Where_versions_do_not_differ_a_reply_tells_nothing_of_them()
    {
        using ScriptedServer server = new(Reply200("any", "one"), Reply200("any", "two"));
        using PageClient client = new(server.Port, new("/", "", null, null, "one", "one"));
        Assert.Equal([Reply.Plain, Reply.Wrong], Enumerable.Range(0, 2).Select(number => client.Exchange(number)));
    }

    [Fact]
    public void One_question_gives_status_server_and_content()
    {
        using ScriptedServer server = new(Reply200("S/1", "text"));
        Assert.Equal(new HttpAnswer("HTTP/1.1 200 OK", "S/1", "text"), PageClient.Ask(server.Port, "/page"));
    }

    [Fact]
    public void A_lost_connection_is_an_exception()
    {
        using ScriptedServer server = new("HTTP/1.1 200 OK\r\n");
        using PageClient client = new(server.Port, Dialogue);
        Assert.Throws<SocketException>(() => client.Exchange(0));
    }

    private static string Reply200(string name, string content) =>
        $"HTTP/1.1 200 OK\r\nDate: today\r\nserver:  {name}\r\nContent-Length: {content.Length}\r\n\r\n{content}";
}
