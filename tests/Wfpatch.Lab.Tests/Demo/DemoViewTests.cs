// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wfpatch.Lab.Demo;
using Wfpatch.Lab.Demo.Views;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing;
using Wfpatch.Testing.Tool;
using Xunit;

namespace Wfpatch.Lab.Tests.Demo;

public sealed class DemoViewTests
{
    private const int Width = 112;

    [Fact]
    public Task A_frame_is_drawn_like_the_golden_one() => Golden.CompareAsync("frame.txt", TextOf(FrameView.Render(Frame())));

    [Fact]
    public Task A_frame_without_a_transition_is_drawn() =>
        Golden.CompareAsync("frame-before.txt", TextOf(FrameView.Render(Frame() with { Transition = null, NewReply = "", Notes = [] })));

    [Fact]
    public Task The_table_is_drawn_like_the_golden_one() => Golden.CompareAsync("table.txt", TextOf(ResultTable.Render([Result("sample"), Result("memcached")])));

    [Fact]
    public Task The_picture_is_drawn_like_the_golden_one() => Golden.CompareAsync("frame.svg", SvgPicture.Render(FrameView.Render(Frame()), Width));

    [Fact]
    public void The_picture_is_wellformed_and_holds_every_word()
    {
        DemoFrame frame = Frame() with { Notes = ["<tags> & others"] };
        System.Xml.Linq.XDocument picture = System.Xml.Linq.XDocument.Parse(SvgPicture.Render(FrameView.Render(frame), Width));
        string[] words = [.. picture.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)];
        Assert.Contains("<tags>", words);
        Assert.Contains("&", words);
        Assert.Contains("pending", words);
    }

    [Fact]
    public void The_document_has_exactly_the_fields_that_are_promised()
    {
        using JsonDocument document = JsonDocument.Parse(DemoResult.ToJson([Result("sample")]));
        JsonElement target = Assert.Single(document.RootElement.EnumerateArray());
        Assert.Equal(
            "name threads migrated pending mixed errors requests arm_us stops longest_stop_us before during after old_reply new_reply",
            string.Join(' ', target.EnumerateObject().Select(property => property.Name)));
        Assert.All(["before", "during", "after"], window =>
            Assert.Equal("p50_us p99_us p999_us", string.Join(' ', target.GetProperty(window).EnumerateObject().Select(property => property.Name))));
    }

    [Theory]
    [InlineData(1, 0, 0, "b")]
    [InlineData(0, 1, 0, "b")]
    [InlineData(0, 0, 1, "b")]
    [InlineData(0, 0, 0, "a")]
    public void Only_a_whole_success_is_good(int pending, int mixed, int errors, string newReply)
    {
        DemoResult good = Result("x") with { Pending = 0, Mixed = 0, Errors = 0, OldReply = "a", NewReply = "b" };
        Assert.True(good.IsGood);
        Assert.False((good with { Pending = pending, Mixed = mixed, Errors = errors, NewReply = newReply }).IsGood);
    }

    [Fact]
    public void Threads_are_old_until_they_migrate()
    {
        DemoTransition transition = Frame().Transition!;
        Assert.Equal(4, transition.OldAt(TimeSpan.FromMilliseconds(300)));
        Assert.Equal(1, transition.OldAt(TimeSpan.FromMilliseconds(501)));
        Assert.Equal((2, 1), (transition.Migrated, transition.Pending));
    }

    [Fact]
    public void A_transition_is_taken_from_the_report_of_apply()
    {
        ToolReport report = new()
        {
            TransitionUs = 2000,
            Threads = [new(9, "slow", 1, "outside", 1500, null), new(7, "fast", 1, "point", 10, null), new(8, "never", 0, "pending", null, null)],
        };
        DemoTransition transition = DemoTransition.Of(report, TimeSpan.FromMilliseconds(10));
        Assert.Equal(TimeSpan.FromMilliseconds(8), transition.ArmedAt);
        Assert.Equal(["fast", "slow", "never"], transition.Threads.Select(thread => thread.Name));
    }

    [Theory]
    [InlineData(0, ' ')]
    [InlineData(0.001, '▁')]
    [InlineData(4, '▄')]
    [InlineData(8, '█')]
    [InlineData(9, '█')]
    public void A_bar_shows_whatever_is_more_than_nothing(double value, char expected) => Assert.Equal($"{expected}", Bars.Row([value], 8));

    [Fact]
    public void Joined_bars_keep_the_largest() => Assert.Equal([2, 9, 3], Bars.Fit([1, 2, 9, 1, 3, 3], 3));

    private static DemoFrame Frame()
    {
        ImmutableArray<LoadSlot> slots = [.. Enumerable.Range(0, 10).Select(n => new LoadSlot(
            TimeSpan.FromMilliseconds(100 * n), TimeSpan.FromMilliseconds(100),
            new(600, n < 5 ? 600 : n == 5 ? 10 : 0, n < 5 ? 0 : n == 5 ? 590 : 600, 0, 0, 0), new(50 + n, 100 + (n == 5 ? 300 : 0), 500), n == 5 ? 900 : 500))];
        return new("sample", "a server [of ours]")
        {
            Phase = "done",
            Slots = slots,
            OldReply = "v1 old",
            NewReply = "v2 new",
            Notes = ["nothing else"],
            Transition = new(TimeSpan.FromMilliseconds(500), 33.2, 400, 2, 41.7,
            [
                new(1, "worker-0", "point", 0),
                new(2, "worker-1-with-a-long-name", "outside", 200),
                new(3, "gone", "exited", 400),
                new(4, "stuck", "pending", null),
            ]),
        };
    }

    private static DemoResult Result(string name) => new(
        name, 9, 8, 1, 0, 0, 31084, 33.2, 6, 41.7, new(53, 724, 3074), new(68.4, 2408, 3926), new(80, 3160, 7242), "old", "new");

    private static string TextOf(IRenderable content)
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = Width;
        console.Profile.Capabilities.Unicode = true;
        console.Write(content);
        return string.Join('\n', text.ToString().ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())).TrimEnd() + "\n";
    }
}
