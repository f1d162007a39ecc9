// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wfpatch.Lab.Demo.Views;

namespace Wfpatch.Lab.Demo;

/// <summary>`demo`: patches the sample server and memcached under load and shows it.</summary>
/// <param name="SampleOnly">Without memcached.</param>
/// <param name="Json">One JSON document on standard output, all else on standard error.</param>
/// <param name="Picture">A file that gets the last picture as SVG.</param>
internal sealed record DemoCommand(bool SampleOnly, bool Json, string? Picture)
{
    private const int PictureWidth = 112;

    /// <returns>0 when every thread has the patch and no request noticed.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        IAnsiConsole console = Json
            ? AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) })
            : AnsiConsole.Console;
        if (!console.Profile.Out.IsTerminal)
        {
            console.Profile.Width = PictureWidth;
        }
        IDemoStage stage = console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi ? new LiveStage(console) : new PlainStage(console);

        stage.Say("Running servers get new code, thread by thread, under load; nobody waits, nothing is restarted.");
        List<DemoResult> results = [];
        List<IRenderable> pictures = [];
        bool complete = true;
        try
        {
            foreach (Func<CancellationToken, Task<IDemoTarget>> start in Targets())
            {
                (DemoResult result, DemoFrame frame) = await PlayAsync(start, stage, cancel);
                results.Add(result);
                pictures.AddRange([FrameView.Render(frame), new Text(" ")]);
            }
        }
        catch (Exception problem) when (problem is InvalidOperationException or InvalidDataException or IOException or System.ComponentModel.Win32Exception or System.Net.Sockets.SocketException)
        {
            complete = false;
            await Console.Error.WriteLineAsync($"demo: {problem.Message}");
        }
        await FinishAsync(console, [.. results], pictures, cancel);
        return complete && results.TrueForAll(result => result.IsGood) ? 0 : 1;
    }

    private ImmutableArray<Func<CancellationToken, Task<IDemoTarget>>> Targets() =>
        SampleOnly ? [SampleDemo.StartAsync] : [SampleDemo.StartAsync, MemcachedDemo.StartAsync];

    private static async Task<(DemoResult Result, DemoFrame Frame)> PlayAsync(
        Func<CancellationToken, Task<IDemoTarget>> start, IDemoStage stage, CancellationToken cancel)
    {
        await using IDemoTarget target = await start(cancel);
        stage.Say($"{target.Name}: {target.Title} is started; making its patch (the first time may take minutes)");
        string patch = await target.BuildPatchAsync(cancel);
        return await stage.PlayAsync(show => new DemoFlow(target, patch, show).RunAsync(cancel));
    }

    private async Task FinishAsync(IAnsiConsole console, ImmutableArray<DemoResult> results, List<IRenderable> pictures, CancellationToken cancel)
    {
        if (!results.IsEmpty)
        {
            IRenderable table = ResultTable.Render(results);
            console.Write(table);
            pictures.Add(table);
        }
        if (Json)
        {
            Console.WriteLine(DemoResult.ToJson(results));
        }
        if (Picture is not null && !results.IsEmpty)
        {
            await File.WriteAllTextAsync(Picture, SvgPicture.Render(new Rows(pictures), PictureWidth), cancel);
        }
    }
}
