import { render } from 'preact';
import { Page } from './view/Page.tsx';

render(<Page />, document.getElementById('page')!);
