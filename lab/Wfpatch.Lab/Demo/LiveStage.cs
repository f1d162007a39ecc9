// SPDX-License-Identifier: Apache-2.0
using Spectre.Console;
using Wfpatch.Lab.Demo.Views;

namespace Wfpatch.Lab.Demo;

/// <summary>A terminal: the picture is drawn again and again in place.</summary>
internal sealed class LiveStage(IAnsiConsole console) : IDemoStage
{
    public void Say(string line) => console.Write(new Text(line + "\n", Palette.Label));

    public async Task<T> PlayAsync<T>(Func<Action<DemoFrame>, Task<T>> play)
    {
        T result = await console.Live(new Text("")).AutoClear(false).StartAsync(context => play(frame =>
        {
            context.UpdateTarget(FrameView.Render(frame));
            context.Refresh();
        }));
        console.WriteLine();
        return result;
    }
}
