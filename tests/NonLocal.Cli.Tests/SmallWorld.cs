using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Tests;

/// <summary>A temporary folder with weights, labelled data and a picture, made here.</summary>
public sealed class SmallWorld : IDisposable
{
    private const int Record = 3073;

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-cli-").FullName;

    public SmallWorld()
    {
        Classifier model = ModelRegistry.Create("cifar-resnet20");
        model.Initialize(7);
        Safetensors.Write(Weights, StateDict.Save(model));
        byte[] records = new byte[Samples * Record];
        new Random(1).NextBytes(records);
        for (int i = 0; i < Samples; i++)
        {
            records[i * Record] = (byte)(i % 10);
        }

        File.WriteAllBytes(Data, records);
        byte[] pixels = new byte[40 * 30 * 3];
        new Random(2).NextBytes(pixels);
        Png.Write(Picture, new Picture(40, 30, 3, pixels));
    }

    /// <summary>More than one batch, and a short last one.</summary>
    public static int Samples => 53;

    public string Weights => In("weights.safetensors");

    public string Data => In("data.bin");

    public string Picture => In("picture.png");

    public string In(string name) => Path.Combine(folder, name);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
