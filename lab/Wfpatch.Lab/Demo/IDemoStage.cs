// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Demo;

/// <summary>Where the demo is seen.</summary>
internal interface IDemoStage
{
    /// <summary>One line about what is being done now.</summary>
    void Say(string line);

    /// <summary>Plays one target: <paramref name="play"/> gets what shows each new frame, and gives the last one.</summary>
    Task<T> PlayAsync<T>(Func<Action<DemoFrame>, Task<T>> play);
}
