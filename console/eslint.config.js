import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'src/api/schema.d.ts'] },
  ...tseslint.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}', 'tests/**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
      // Data comes through the generated client, so that every call is of the API's document.
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Use api/client.' }],
    },
  },
  {
    files: ['src/**/*.tsx'],
    plugins: { 'react-hooks': reactHooks, ...jsxA11y.flatConfigs.strict.plugins },
    languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } },
    rules: {
      ...jsxA11y.flatConfigs.strict.rules,
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      // The only field of a dialog or page that has just been opened is where people expect to type.
      'jsx-a11y/no-autofocus': 'off',
    },
  },
  // These speak to servers that are not the API, or are it.
  { files: ['src/api/**', 'src/player/**', 'src/publish/**', 'src/viewer/**', '**/*.test.*'], rules: { 'no-restricted-globals': 'off' } },
);
