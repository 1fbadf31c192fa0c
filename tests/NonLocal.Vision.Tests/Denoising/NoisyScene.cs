using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Vision.Tests.Denoising;

/// <summary>Drawn pictures from 0 to 1, with repeated structure, and the same with white noise.</summary>
internal static class NoisyScene
{
    /// <summary>Stripes, a disc and a ramp.</summary>
    public static Tensor Clean(int height, int width, int channels)
    {
        Tensor scene = new([height, width, channels]);
        for (int i = 0; i < scene.Length; i++)
        {
            int c = i % channels;
            int x = i / channels % width;
            int y = i / channels / width;
            bool inDisc = ((x - (width / 2)) * (x - (width / 2))) + ((y - (height / 2)) * (y - (height / 2))) < height * width / 9;
            float stripes = (x + (2 * y)) % 9 < 4 ? 0.3f : 0.7f;
            scene.Span[i] = inDisc ? stripes + (0.1f * c) : 0.2f + (0.5f * y / height) - (0.05f * c);
        }

        return scene;
    }

    /// <summary>A picture and noise of a deviation.</summary>
    public static Tensor Noisy(Tensor clean, double sigma, ulong seed = 1)
    {
        float[] noise = new float[clean.Length];
        new RandomStream(seed, 0).Normal(noise);
        Tensor noisy = clean.Copy();
        for (int i = 0; i < noise.Length; i++)
        {
            noisy.Span[i] += (float)(sigma * noise[i]);
        }

        return noisy;
    }
}
