// SPDX-License-Identifier: Apache-2.0
using Spectre.Console;
using Wfpatch.Lab.Demo.Views;

namespace Wfpatch.Lab.Demo;

/// <summary>A pipe or a file: a line when something begins, and the picture once, when it is complete.</summary>
internal sealed class PlainStage(IAnsiConsole console) : IDemoStage
{
    public void Say(string line) => console.WriteLine(line);

    public async Task<T> PlayAsync<T>(Func<Action<DemoFrame>, Task<T>> play)
    {
        DemoFrame? latest = null;
        T result = await play(frame =>
        {
            if (frame.Phase != latest?.Phase)
            {
                Say($"{frame.Name}: {frame.Phase}");
            }
            latest = frame;
        });
        if (latest is not null)
        {
            console.Write(FrameView.Render(latest));
            console.WriteLine();
        }
        return result;
    }
}
