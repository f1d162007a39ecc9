// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using Spectre.Console;
using Wfpatch.Lab.Bench;
using Wfpatch.Testing;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Lab.Tests.Bench;

public sealed class BenchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_share_of_values_is_one_of_them_and_as_many_are_below() =>
        (from values in Gen.Double[0, 1000].Array[1, 50] from share in Gen.Double[0.01, 1] select (values, share)).Check(sample =>
        {
            double at = Statistics.At(sample.values, sample.share);
            Assert.Contains(at, sample.values);
            Assert.True(sample.values.Count(value => value <= at) >= sample.share * sample.values.Length);
            Assert.True(sample.values.Count(value => value < at) < (sample.share * sample.values.Length) + 1);
        });

    [Theory]
    [InlineData(1.0, 2.0, true)]
    [InlineData(2.0, 2.0, true)]
    [InlineData(2.1, 2.0, false)]
    [InlineData(null, 2.0, null)]
    [InlineData(1.0, null, null)]
    public void A_goal_is_reached_only_by_a_value(double? value, double? goal, bool? reached) =>
        Assert.Equal(reached, new Figure("f", "us", value, null, "", goal, "", []).GoalReached);

    [Fact]
    public Task The_table_is_drawn_like_the_golden_one()
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 140;
        console.Profile.Capabilities.Unicode = true;
        console.Write(Report().ToTable());
        return Golden.CompareAsync("bench.txt", text.ToString());
    }

    [Fact]
    public void The_document_holds_each_figure_with_its_baseline_and_raw_values()
    {
        using JsonDocument document = JsonDocument.Parse(Report().ToJson());
        JsonElement figure = document.RootElement.GetProperty("figures")[0];
        Assert.Equal(4450.5, figure.GetProperty("baseline").GetDouble());
        Assert.Equal("stop all", figure.GetProperty("baseline_is").GetString());
        Assert.True(figure.GetProperty("goal_reached").GetBoolean());
        Assert.Equal(2, figure.GetProperty("raw").GetArrayLength());
    }

    [Fact]
    public async Task A_target_is_stopped_and_goes_on()
    {
        await using TestTarget target = await TestTarget.StartAsync("sample", new() { Arguments = ["--busy", "2", "--no-idle"] }, Cancel);
        Assert.True(StopTheWorld.MeasureUs(target.Process) > 0);
        long requests = SampleReport.Parse(await target.AskAsync("report", Cancel)).Requests;
        while (SampleReport.Parse(await target.AskAsync("report", Cancel)).Requests == requests)
        {
            Assert.False(target.Process.HasEnded);
        }
    }

    [Fact]
    public async Task A_call_is_measured()
    {
        await using TestTarget target = await TestTarget.StartAsync("callcost", new() { Arguments = ["stuck"] }, Cancel);
        string[] words = (await target.AskAsync("measure 100000", Cancel)).Split(' ');
        Assert.Equal(["ns", "version", "1"], (string[])[words[0], words[3], words[4]]);
        Assert.InRange(double.Parse(words[1]), 0.01, 1000);
        Assert.Equal("ok", await target.AskAsync("release", Cancel));
    }

    [Fact]
    public void Each_measurement_can_be_named()
    {
        string[] names = [.. BenchCommand.All.Concat(BenchCommand.Enduring(BenchLimits.Default)).Select(measurement => measurement.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public async Task Controllers_that_are_killed_at_random_do_no_harm()
    {
        ImmutableArray<Figure> figures = await new Faults(new(Minutes: 0, Count: 12, Packages: [])).MeasureAsync(Cancel);
        Assert.Equal(12, figures[0].Value);
        Assert.All(figures, figure => Assert.False(figure.IsFailure, $"{figure.Name}: {figure.Value}: {figure.Note}"));
    }

    [Fact]
    public async Task An_unknown_measurement_is_a_usage_error() => Assert.Equal(2, await new BenchCommand(["nonsense"], BenchLimits.Default, Json: false).RunAsync(Cancel));

    private static BenchReport Report() => new(DateTimeOffset.UnixEpoch, 2, "6.1.0", [0.5, 2],
    [
        new("arming a function", "us", 33.2, 4450.5, "stop all", 50, "4 busy threads", [33.2, 34]),
        new("ratio", "x", 1.5, 1, "no difference", 1.02, "", []),
        Figure.NotMeasured("memcached", "refused"),
    ]);
}
