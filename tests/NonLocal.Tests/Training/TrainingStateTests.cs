using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Tensors.Graphs;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

public sealed class TrainingStateTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-state-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Load_WhatWasSaved_GivesEveryValueAndPosition()
    {
        string path = Path.Combine(folder, "state.safetensors");
        (Sequential network, ParameterUpdate update) = Fresh(seed: 1);
        TrainingPosition position = new()
        {
            Step = 1234567890123,
            Epoch = 7,
            StepInEpoch = 11,
            Seed = ulong.MaxValue,
            LossSum = 0.1 + 0.2,
            Best = 1.0 / 3,
            Recipe = "model: resnet\n# \"content_sha256\":\"no\" é\n",
        };
        float[] saved = [.. Values(network, update)];
        TrainingState.Save(path, network, update, position);
        (Sequential other, ParameterUpdate otherUpdate) = Fresh(seed: 2);
        Assert.Equal(position, TrainingState.Load(path, other, otherUpdate));
        Assert.Equal(saved, Values(other, otherUpdate));
        Assert.Equal(position, TrainingState.ReadPosition(path));
    }

    [Fact]
    public void Load_AnyByteChanged_IsRefusedAndNothingChanges()
    {
        string path = Path.Combine(folder, "state.safetensors");
        Linear layer = new(1, 2);
        ParameterUpdate update = new(layer, new UpdateRule { Optimizer = new Sgd { Momentum = 0.9 } });
        TrainingState.Save(path, layer, update, new TrainingPosition { Step = 3, Recipe = "a: 1" });
        byte[] bytes = File.ReadAllBytes(path);
        float[] before = layer.Weight.Value.Span.ToArray();
        for (int i = 0; i < bytes.Length; i++)
        {
            // Bits that also turn a letter into its other case, a digit into another digit, and a space into no space.
            foreach (byte mask in (byte[])[0x01, 0x20, 0xFF])
            {
                bytes[i] ^= mask;
                File.WriteAllBytes(path, bytes);
                Assert.Throws<FileFormatException>(() => TrainingState.Load(path, layer, update));
                bytes[i] ^= mask;
            }
        }

        Assert.Equal(before, layer.Weight.Value.Span.ToArray());
        File.WriteAllBytes(path, bytes);
        Assert.Equal(3, TrainingState.Load(path, layer, update).Step);
        File.WriteAllBytes(path, bytes[..^1]);
        Assert.Throws<FileFormatException>(() => TrainingState.Load(path, layer, update));
    }

    [Fact]
    public void Load_OtherRule_IsAMismatch()
    {
        string path = Path.Combine(folder, "state.safetensors");
        (Sequential network, ParameterUpdate update) = Fresh(seed: 1);
        TrainingState.Save(path, network, update, new TrainingPosition());
        ParameterUpdate other = new(network, new UpdateRule { Optimizer = new Sgd() });
        Assert.Contains("exp_avg", Assert.Throws<WeightMismatchException>(() => TrainingState.Load(path, network, other)).Message);
    }

    [Fact]
    public void Checkpoints_LastDamaged_PreviousIsUsedAndSaid()
    {
        Checkpoints checkpoints = Saved(1, 2, 3);
        (Sequential network, ParameterUpdate update) = Fresh(seed: 1);
        Damage(checkpoints.LastPath);
        List<string> skipped = [];
        Assert.Equal(2, checkpoints.Load(network, update, skipped.Add)!.Step);
        Assert.Contains("last.safetensors", Assert.Single(skipped));

        // The damaged one is replaced; the whole one before it is kept.
        checkpoints.Save(network, update, new TrainingPosition { Step = 4 });
        Assert.Equal(4, checkpoints.Load(network, update)!.Step);
        Assert.Equal(2, TrainingState.ReadPosition(checkpoints.PreviousPath).Step);
    }

    [Fact]
    public void Checkpoints_AnyByteOfTheLastChanged_PreviousIsUsedAndSaid()
    {
        Checkpoints checkpoints = new(folder);
        Linear layer = new(1, 2);
        ParameterUpdate update = new(layer, new UpdateRule { Optimizer = new Sgd() });
        checkpoints.Save(layer, update, new TrainingPosition { Step = 1 });
        checkpoints.Save(layer, update, new TrainingPosition { Step = 2 });
        byte[] bytes = File.ReadAllBytes(checkpoints.LastPath);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(checkpoints.LastPath, bytes);
            List<string> skipped = [];
            Assert.Equal(1, checkpoints.Load(layer, update, skipped.Add)!.Step);
            Assert.Contains("last.safetensors", Assert.Single(skipped));
            bytes[i] ^= (byte)(1 << (i % 8));
        }
    }

    [Fact]
    public void Checkpoints_StoppedBetweenRenameAndWrite_PreviousIsUsed()
    {
        Checkpoints checkpoints = Saved(1, 2);
        (Sequential network, ParameterUpdate update) = Fresh(seed: 1);
        File.Move(checkpoints.LastPath, checkpoints.PreviousPath, overwrite: true);
        Assert.Equal(2, checkpoints.Load(network, update)!.Step);
    }

    [Fact]
    public void Checkpoints_OnlyBestIsWhole_BestIsUsed()
    {
        Checkpoints checkpoints = Saved(1, 2);
        (Sequential network, ParameterUpdate update) = Fresh(seed: 1);
        checkpoints.SaveBest(network, update, new TrainingPosition { Step = 1, Best = 0.5 });
        Damage(checkpoints.LastPath);
        Damage(checkpoints.PreviousPath);
        Assert.Equal(0.5, checkpoints.Load(network, update)!.Best);
    }

    [Fact]
    public void Checkpoints_None_GivesNull()
    {
        (Sequential network, ParameterUpdate update) = Fresh(seed: 1);
        Assert.Null(new Checkpoints(Path.Combine(folder, "none")).Load(network, update));
    }

    private static void Damage(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static (Sequential Network, ParameterUpdate Update) Fresh(ulong seed)
    {
        Sequential network = new(new Conv(2, 3, [3, 3]), new BatchNorm(3), new Linear(3, 2));
        network.Initialize(seed);
        ParameterUpdate update = new(network, new UpdateRule { Optimizer = new Adam(), AverageDecay = 0.9 });
        Random random = new((int)seed);
        foreach (Variable slot in network.Parameters().SelectMany(update.SlotsOf))
        {
            slot.Set([.. Enumerable.Range(0, slot.Value.Length).Select(_ => random.NextSingle())]);
        }

        return (network, update);
    }

    private static IEnumerable<float> Values(Module network, ParameterUpdate update) =>
    [
        .. network.Variables().SelectMany(entry => entry.Variable.Value.Span.ToArray()),
        .. network.Parameters().SelectMany(update.SlotsOf).SelectMany(slot => slot.Value.Span.ToArray()),
        .. network.Parameters().SelectMany(parameter => update.AverageOf(parameter)!.Value.Span.ToArray()),
    ];

    private Checkpoints Saved(params long[] steps)
    {
        Checkpoints checkpoints = new(folder);
        (Sequential network, ParameterUpdate update) = Fresh(seed: 1);
        foreach (long step in steps)
        {
            checkpoints.Save(network, update, new TrainingPosition { Step = step });
        }

        return checkpoints;
    }
}
